/**
 * Which form of an answer the client wants.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go
 * NegotiateMediaTypeOptions @1.36
 */
import { bodyTypes, JSON_TYPE, PROTOBUF_TYPE, refuseAnswerType, YAML_TYPE } from "@kubets/request";

export type Format = "json" | "yaml" | "protobuf";
export type Conversion = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface AnswerForm {
  readonly format: Format;
  /** Another kind in the place of the object's own. */
  readonly as?: Conversion;
  /** Of meta.k8s.io, for `as`. */
  readonly version: "v1" | "v1beta1";
  readonly pretty: boolean;
}

export const mediaTypeOf: Readonly<Record<Format, string>> = {
  json: JSON_TYPE,
  yaml: YAML_TYPE,
  protobuf: PROTOBUF_TYPE,
};

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const plainJson: AnswerForm = { format: "json", version: "v1", pretty: false };

/** Clients repeat few headers; what they came to is kept. */
const known = new Map<string, AnswerForm | "refused">();
const knownMax = 1_000;

/** Throws 406 where nothing fits. */
export function negotiateForm(accept: string | undefined): AnswerForm {
  if (accept === undefined || accept === "") return plainJson;
  let form = known.get(accept);
  if (form === undefined) {
    form = findForm(accept) ?? "refused";
    if (known.size >= knownMax) known.clear();
    known.set(accept, form);
  }
  if (form === "refused") throw refuseAnswerType(bodyTypes);
  return form;
}

function findForm(accept: string): AnswerForm | undefined {
  const clauses = parseAccept(accept);
  for (const clause of clauses) {
    for (const format of formatsOf(clause)) {
      const form = formOf(clause, format);
      if (form !== undefined) return form;
    }
  }
  return undefined;
}

const formats: readonly Format[] = ["json", "yaml", "protobuf"];

function formatsOf({ type, subtype }: Clause): readonly Format[] {
  if (type === "*" && subtype === "*") return formats;
  if (type !== "application") return [];
  if (subtype === "*") return formats;
  return formats.filter((format) => mediaTypeOf[format] === `application/${subtype}`);
}

function formOf({ parameters }: Clause, format: Format): AnswerForm | undefined {
  const stream = parameters.get("stream") ?? "";
  if (stream !== "" && stream !== "watch") return undefined;
  const pretty = parameters.get("pretty") === "1";
  const as = parameters.get("as");
  if (as === undefined && !parameters.has("g") && !parameters.has("v")) {
    return { format, version: "v1", pretty };
  }
  const version = parameters.get("v");
  if (parameters.get("g") !== "meta.k8s.io") return undefined;
  if (version !== "v1" && version !== "v1beta1") return undefined;
  if (as === "Table") return format === "protobuf" ? undefined : { format, as, version, pretty };
  if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") {
    return { format, as, version, pretty };
  }
  return undefined;
}

/** In order of preference. */
function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const part of header.split(",")) {
    const [range = "", ...rest] = part.split(";");
    const [type = "", subtype = ""] = range.trim().toLowerCase().split("/");
    const parameters = new Map<string, string>();
    let quality = 1;
    for (const each of rest) {
      const at = each.indexOf("=");
      if (at < 0) continue;
      const key = each.slice(0, at).trim();
      const value = each.slice(at + 1).trim();
      if (key === "q") quality = Number(value) || 0;
      else parameters.set(key, value);
    }
    clauses.push({
      type,
      subtype: type === "*" && subtype === "" ? "*" : subtype,
      parameters,
      quality,
    });
  }
  return clauses.sort((a, b) => b.quality - a.quality);
}
