/**
 * Plain JSON objects hold client data under any key. A key `__proto__` must stay data: assigning to it would
 * set the prototype instead, so such a key is defined, and objects are never probed with `in`.
 */
import type { JsonObject, JsonValue } from "@kubets/api";

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets a key as own data, whatever its name. */
export function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    object[key] = value;
  }
}

/** A copy without the given keys, in the same order; `delete` would turn the object into a slow dictionary. */
export function withoutKeys(object: JsonObject, dropped: ReadonlySet<string>): JsonObject {
  const kept: JsonObject = {};
  for (const key in object) {
    const value = object[key];
    if (value !== undefined && !dropped.has(key)) setOwn(kept, key, value);
  }
  return kept;
}

/** A copy that shares nothing with the original. */
export function cloneJson<T extends JsonValue>(value: T): T;
export function cloneJson(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => cloneJson(item));
  const copy: JsonObject = {};
  for (const key in value) {
    const item = value[key];
    if (item !== undefined) setOwn(copy, key, cloneJson(item));
  }
  return copy;
}
