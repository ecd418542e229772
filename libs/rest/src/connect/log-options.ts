/**
 * meta of a log request: checked as upstream does, then handed to the kubelet.
 *
 * Upstream: pkg/apis/core/validation/validation.go ValidatePodLogOptions @1.36
 */
import { badRequest, invalid } from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";

const flags = ["follow", "previous", "timestamps"] as const;
const minima = { sinceSeconds: 1, tailLines: 0, limitBytes: 1 } as const;

/** The kubelet's query. Throws 400 or 422. */
export function logQuery(podName: string, query: URLSearchParams): URLSearchParams {
  const out = new URLSearchParams();
  for (const name of flags) {
    const value = query.get(name)?.toLowerCase();
    if (value !== undefined && value !== "false" && value !== "0") out.set(name, "true");
  }
  const causes: StatusCause[] = [];
  for (const name of ["sinceSeconds", "tailLines", "limitBytes"] as const) {
    const text = query.get(name);
    if (text === null) continue;
    if (!/^[+-]?\d+$/.test(text)) {
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    }
    if (Number(text) < minima[name]) causes.push(tooSmall(name, text));
    out.set(name, String(Number(text)));
  }
  const sinceTime = query.get("sinceTime");
  if (sinceTime !== null && sinceTime !== "") {
    if (out.has("sinceSeconds")) {
      causes.push({
        reason: "FieldValueForbidden",
        message: "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
        field: "",
      });
    }
    out.set("sinceTime", sinceTime);
  }
  const stream = query.get("stream");
  if (stream !== null && stream !== "") {
    causes.push(...streamCauses(stream, out.has("tailLines")));
    out.set("stream", stream);
  }
  if (causes.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, podName, causes);
  return out;
}

function tooSmall(field: keyof typeof minima, value: string): StatusCause {
  const least =
    minima[field] === 0 ? "must be greater than or equal to 0" : "must be greater than 0";
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${Number(value)}: ${least}`,
    field,
  };
}

const streams = ["All", "Stderr", "Stdout"];

function streamCauses(stream: string, hasTailLines: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!streams.includes(stream)) {
    const supported = streams.map((each) => JSON.stringify(each)).join(", ");
    causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(stream)}: supported values: ${supported}`,
      field: "stream",
    });
  }
  if (stream !== "All" && hasTailLines) {
    causes.push({
      reason: "FieldValueForbidden",
      message: "Forbidden: `tailLines` and specific `stream` are mutually exclusive for now",
      field: "",
    });
  }
  return causes;
}
