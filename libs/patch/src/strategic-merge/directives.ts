/** The keys of a strategic merge patch that say how, not what. */
import { badRequest, type JsonObject, type JsonValue } from "@kubets/api";
import { isJsonObject } from "@kubets/schema";

export const PATCH = "$patch";
export const RETAIN_KEYS = "$retainKeys";
export const SET_ELEMENT_ORDER = "$setElementOrder/";
export const DELETE_FROM_PRIMITIVE_LIST = "$deleteFromPrimitiveList/";

export const BAD_RETAIN_KEYS = "invalid patch format of retainKeys";
export const BAD_ELEMENT_ORDER = "invalid patch format of setElementOrder list";
export const BAD_PRIMITIVE_LIST = "invalid patch format of primitive list";

/**
 * What a new part of the object is without its directives; undefined where it is not to be added at all. The
 * value is changed in place.
 */
export function withoutDirectives(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) {
    const kept: JsonValue[] = [];
    for (const item of value) {
      const clean = withoutDirectives(item);
      if (clean !== undefined) kept.push(clean);
    }
    return kept;
  }
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, PATCH)) return undefined;
  for (const key of Object.keys(value)) {
    const item = value[key];
    const clean = isDirective(key) || item === undefined ? undefined : withoutDirectives(item);
    if (clean === undefined) delete value[key];
    else if (clean !== item) value[key] = clean;
  }
  return value;
}

function isDirective(key: string): boolean {
  return (
    key === RETAIN_KEYS ||
    key.startsWith(SET_ELEMENT_ORDER) ||
    key.startsWith(DELETE_FROM_PRIMITIVE_LIST)
  );
}

/** A null in a new part of the object asks for nothing. In place. */
export function dropNulls(value: JsonValue): void {
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item);
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === null) delete value[key];
      else if (item !== undefined) dropNulls(item);
    }
  }
}

/** Keeps only the keys that the directive names, which must include every key of the patch. */
export function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const list = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(list)) throw badRequest(BAD_RETAIN_KEYS);
  const retained = new Set(list);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || isDirective(key)) continue;
    if (!retained.has(key)) throw badRequest(BAD_RETAIN_KEYS);
  }
  for (const key of Object.keys(original)) {
    if (!retained.has(key)) delete original[key];
  }
}
