/** Takes out of an answer what differs from run to run: identities, times, versions, addresses given by chance. */
import { parseJsonText } from "@kubets/api";
import type { RawAnswer } from "./ask.ts";
import type { Answer, Json, JsonMap } from "./exchange.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const clusterAddress = /^10\.96\.\d+\.\d+$/;
const dayMs = 24 * 3_600_000;

export interface NormaliseOptions {
  readonly namespace: string;
  /** The request's text: what stands in it was not given by chance. */
  readonly sent: string;
  readonly nowMs: number;
  readonly keepManagedFields: boolean;
  readonly isTable: boolean;
}

export function normalise(raw: RawAnswer, options: NormaliseOptions): Answer {
  const warnings = raw.warnings.map((text) => plain(text, options));
  const start = { code: raw.code, ...(warnings.length > 0 ? { warnings } : {}) };
  if (!raw.type.startsWith("application/json")) {
    return { ...start, body: plain(raw.text, options) };
  }
  const body = walk(parseJsonText(raw.text) as Json, "", options);
  if (!isMap(body) || body.kind !== "Status" || body.status !== "Failure") {
    return { ...start, body };
  }
  const details = isMap(body.details) ? body.details : {};
  const causes = Array.isArray(details.causes) ? details.causes.filter(isMap) : [];
  const message = String(body.message ?? "");
  const isAggregate = isOfCauses(message, details, causes);
  return {
    ...start,
    reason: String(body.reason ?? ""),
    ...(isAggregate ? {} : { message }),
    ...(causes.length === 0
      ? {}
      : {
          causes: causes.map(
            (cause) => `${cause.reason} ${cause.field ?? ""}: ${cause.message ?? ""}`,
          ),
        }),
  };
}

const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether the message says no more than the causes: what was cut off the end of one is missing behind it here too. */
function isOfCauses(message: string, details: JsonMap, causes: readonly JsonMap[]): boolean {
  const whole = aggregate(details, causes);
  if (message === whole) return true;
  const endsWithCause = causes.some((cause) =>
    message.endsWith(`${cause.field}: ${cause.message}`),
  );
  return endsWithCause && whole.startsWith(message);
}

function aggregate(details: JsonMap, causes: readonly JsonMap[]): string {
  const kind = details.group === undefined ? details.kind : `${details.kind}.${details.group}`;
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const joined = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return `${kind} "${details.name ?? ""}" is invalid: ${joined}`;
}

function walk(value: Json, key: string, options: NormaliseOptions): Json {
  if (typeof value === "string") {
    if (key === "resourceVersion") return value === "" || value === "0" ? value : "<version>";
    return key === "cells" ? withoutAge(plain(value, options)) : plain(value, options);
  }
  if (typeof value === "number") {
    const isGiven = key === "nodePort" || key === "healthCheckNodePort";
    if (isGiven && value >= 30_000 && !options.sent.includes(String(value))) return "<port>";
    return value;
  }
  if (Array.isArray(value)) {
    // An empty list is null where Go never made one.
    if (key === "items" && value.length === 0) return null;
    return value.map((item) => walk(item, key, options));
  }
  if (!isMap(value)) return value;
  const result: JsonMap = {};
  for (const name of Object.keys(value).sort()) {
    const inner = value[name];
    if (inner === undefined) continue;
    if (name === "managedFields" && !options.keepManagedFields) continue;
    // What columns mean is told in upstream's own sentences.
    if (name === "description" && options.isTable) continue;
    result[name] = walk(inner, name, options);
  }
  return result;
}

/** Cells of tables say how long ago something was. */
function withoutAge(cell: string): string {
  const age = "(?:\\d+[ydhms])+";
  return cell
    .replace(new RegExp(`^${age}$`), "<age>")
    .replace(new RegExp(`\\(${age} ago\\)`), "(<age> ago)");
}

function plain(text: string, { namespace, sent, nowMs }: NormaliseOptions): string {
  if (clusterAddress.test(text) && !sent.includes(text)) return "<address>";
  return (
    text
      .replaceAll(namespace, "{ns}")
      .replaceAll(uuid, (found) => (sent.includes(found) ? found : "<uid>"))
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (found) =>
        Math.abs(Date.parse(found) - nowMs) < dayMs && !sent.includes(found) ? "<now>" : found,
      )
      // Whole pod templates and the like, in Go's internal form.
      .replace(/Invalid value: \{.{400,}\}: /g, "Invalid value: {…}: ")
      .replace(/Invalid value: \{.*"[cC]ontainers":.*\}: /g, "Invalid value: {…}: ")
      .replaceAll(/in record \(\d+\)/g, "in record (…)")
      // Builds differ in the folders that they name.
      .replaceAll(/in scheme "[^"]*"/g, 'in scheme "…"')
      // Behind this upstream prints a comparison of two Go values, with spaces by chance.
      .replaceAll(
        /((?:pod updates may not change fields other than|spec is immutable after creation except) [^\n]*)\n[\s\S]*/g,
        "$1",
      )
      // The document that a refused patch led to: its fields stand in another order.
      .replaceAll(/patch: Invalid value: "(?:[^"\\]|\\.)*"/g, "patch: Invalid value: …")
      .replaceAll(/^Invalid value: "\{\\"(?:[^"\\]|\\.)*"/g, "Invalid value: …")
      .replaceAll(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-<random>")
  );
}
