/**
 * JSON merge patch (RFC 7386).
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go applyJSPatch; evanphx/json-patch v4
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { cloneJson, isJsonObject, setOwn } from "@kubets/schema";
import { malformedPatch } from "./patch-error.ts";

/** The patched document, which shares nothing with either argument. Throws StatusError 400. */
export function applyMergePatch(document: JsonValue, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) {
    const what = Array.isArray(patch)
      ? "array"
      : typeof patch === "boolean"
        ? "bool"
        : typeof patch;
    const type = "map[string]interface {}";
    throw malformedPatch(
      `error decoding patch: json: cannot unmarshal ${what} into Go value of type ${type}`,
    );
  }
  return merged(isJsonObject(document) ? document : {}, patch);
}

function merged(document: JsonObject, patch: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key in document) {
    const before = document[key];
    if (before === undefined) continue;
    if (!Object.hasOwn(patch, key)) {
      setOwn(result, key, cloneJson(before));
      continue;
    }
    const change = patch[key];
    if (change === undefined || change === null) continue;
    setOwn(
      result,
      key,
      isJsonObject(change)
        ? merged(isJsonObject(before) ? before : {}, change)
        : withoutNulls(change),
    );
  }
  for (const key in patch) {
    const change = patch[key];
    if (change === undefined || change === null || Object.hasOwn(document, key)) continue;
    setOwn(result, key, isJsonObject(change) ? merged({}, change) : withoutNulls(change));
  }
  return result;
}

/** Upstream's library also takes nulls out of objects within lists. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value.map((item) => (isJsonObject(item) ? merged({}, item) : withoutNulls(item)));
  }
  return cloneJson(value);
}
