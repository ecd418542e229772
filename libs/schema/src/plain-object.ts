/**
 * Plain JSON objects hold client data under any key. A key `__proto__` must stay data: assigning to it would
 * set the prototype instead, so such a key is defined, and objects are never probed with `in`.
 */
import { badRequest, type JsonObject, type JsonValue } from "@kubets/api";

/**
 * How deep a value without a schema may nest. Everything that walks objects recurses, so this keeps far from
 * the end of the stack; upstream takes 10,000 levels, which nothing real needs.
 */
export const RAW_DEPTH_MAX = 1_000;

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

/** A copy that shares nothing with the original. Throws StatusError 400 beyond RAW_DEPTH_MAX levels. */
export function cloneJson<T extends JsonValue>(value: T): T;
export function cloneJson(value: JsonValue): JsonValue {
  return clone(value, 0);
}

function clone(value: JsonValue, depth: number): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (depth > RAW_DEPTH_MAX) throw badRequest("exceeded max depth");
  if (Array.isArray(value)) {
    const items: JsonValue[] = [];
    for (const item of value) items.push(clone(item, depth + 1));
    return items;
  }
  const copy: JsonObject = {};
  for (const key in value) {
    const item = value[key];
    if (item !== undefined) setOwn(copy, key, clone(item, depth + 1));
  }
  return copy;
}

/** Whether a value nests no deeper than the limit. */
export function isShallow(value: JsonValue, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > RAW_DEPTH_MAX) return false;
  if (Array.isArray(value)) return value.every((item) => isShallow(item, depth + 1));
  for (const key in value) {
    const item = value[key];
    if (item !== undefined && !isShallow(item, depth + 1)) return false;
  }
  return true;
}
