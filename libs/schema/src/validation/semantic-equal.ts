/**
 * Equality as validation means it: absent, null and empty are the same, and so are quantities that only differ
 * in writing.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/equality/semantic.go @1.36
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isJsonObject } from "../plain-object.ts";

export function semanticEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]))
    );
  }
  return isJsonObject(a) && isJsonObject(b) && equalObjects(a, b);
}

function equalObjects(a: JsonObject, b: JsonObject): boolean {
  for (const key in a) {
    if (!semanticEqual(a[key], Object.hasOwn(b, key) ? b[key] : undefined)) return false;
  }
  for (const key in b) {
    if (!Object.hasOwn(a, key) && !isEmpty(b[key])) return false;
  }
  return true;
}

function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.length === 0;
}
