/** Objects as a request core has them: decoded and defaulted. For tests. */
import {
  isStatusError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  parseJson,
  schemas,
  stringifyJson,
  type TypeSchema,
} from "@kubets/api";
import { applyDefaults, decodeStrict } from "../index.ts";

export function typeOf(object: JsonObject): TypeSchema {
  const apiVersion = String(object.apiVersion);
  const [group = "", version] = apiVersion.split("/");
  const type =
    version === undefined
      ? schemas.kind("", group, String(object.kind))
      : schemas.kind(group, version, String(object.kind));
  if (type === undefined) throw new TypeError(`no kind ${String(object.kind)} in ${apiVersion}`);
  return type;
}

/** Decodes a copy. */
export function decoded(object: JsonObject): JsonObject {
  return decodeStrict(typeOf(object), parseJson(Buffer.from(stringifyJson(object)))).object;
}

export function typed(object: JsonObject): KubeObject {
  const result: unknown = decoded(object);
  const kube = result as KubeObject;
  applyDefaults(kube);
  return kube;
}

/** The message that a decode is refused with; undefined when it is not. */
export function refusal(type: TypeSchema, value: JsonValue): string | undefined {
  try {
    decodeStrict(type, value);
    return undefined;
  } catch (error) {
    if (isStatusError(error)) return error.message;
    throw error;
  }
}
