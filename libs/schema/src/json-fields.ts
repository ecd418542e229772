/**
 * Ways to read plain JSON objects by field, whatever stands there, and to fill a draft: a freshly decoded object
 * that nobody else holds. Field names are ours; keys of clients go through `Object.hasOwn` and `setOwn`.
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isJsonObject } from "./plain-object.ts";

export function objectAt(node: JsonObject | undefined, field: string): JsonObject | undefined {
  const value = node?.[field];
  return isJsonObject(value) ? value : undefined;
}

/** The object under the field, made when it is absent. */
export function madeAt(node: JsonObject, field: string): JsonObject {
  const value = node[field];
  if (isJsonObject(value)) return value;
  const made: JsonObject = {};
  node[field] = made;
  return made;
}

/** The objects of a list; anything else counts as empty. */
export function itemsAt(node: JsonObject | undefined, field: string): readonly JsonObject[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function textAt(node: JsonObject | undefined, field: string): string {
  const value = node?.[field];
  return typeof value === "string" ? value : "";
}

/** Absent or null: what a nil pointer looks like. */
export function isNil(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null;
}

/** Absent, null, zero or empty: what a Go zero value looks like. */
export function isZero(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false)
    return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === "object") {
    for (const _ in value) return false;
    return true;
  }
  return false;
}

export function setIfNil(node: JsonObject, field: string, value: JsonValue): void {
  if (isNil(node[field])) node[field] = value;
}

export function setIfZero(node: JsonObject, field: string, value: JsonValue): void {
  if (isZero(node[field])) node[field] = value;
}

/** A number, 0 where there is none. Integers beyond 2^53 are rounded, which no rule minds. */
export function numberAt(node: JsonObject | undefined, field: string): number {
  const value = node?.[field];
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : 0;
}

/** As `numberAt`, undefined where the field is nil. */
export function maybeNumberAt(node: JsonObject | undefined, field: string): number | undefined {
  return isNil(node?.[field]) ? undefined : numberAt(node, field);
}

export function maybeTextAt(node: JsonObject | undefined, field: string): string | undefined {
  return isNil(node?.[field]) ? undefined : textAt(node, field);
}

/** The strings of a list. */
export function textsAt(node: JsonObject | undefined, field: string): readonly string[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** A client's own key in a map such as labels. */
export function entryOf(map: JsonObject | undefined, key: string): string | undefined {
  const value = map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
  return typeof value === "string" ? value : undefined;
}
