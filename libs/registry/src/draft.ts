/**
 * An object while a verb works on it. A draft owns its top level and its metadata and nothing below: spec,
 * status, labels and so on are shared with the request, the cache or the stored object, so they are
 * replaced and never changed in place. That is what makes a write cheap without cloning.
 */
import type { KubeObject } from "@kubets/api";
import type { ObjectMeta } from "@kubets/api/meta/v1";

/** A stored object whose fields are looked at by name. */
export interface AnyObject extends KubeObject {
  readonly [field: string]: unknown;
}

export interface Draft {
  kind: string;
  apiVersion: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** The order of the first three keys is what lets a resourceVersion be spliced into the bytes. */
export function draftOf(object: KubeObject): Draft {
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata: { ...metadata }, ...rest };
}

/** The same object, seen with its kind's own fields. */
export function fieldsOf(object: KubeObject): AnyObject {
  return object as AnyObject;
}

/** A field that holds an object, or undefined. */
export function objectField(
  parent: unknown,
  field: string,
): { readonly [key: string]: unknown } | undefined {
  const value = isRecord(parent) ? parent[field] : undefined;
  return isRecord(value) ? value : undefined;
}

export function listField(parent: unknown, field: string): readonly unknown[] {
  const value = isRecord(parent) ? parent[field] : undefined;
  return Array.isArray(value) ? value : [];
}

export function stringField(parent: unknown, field: string): string {
  const value = isRecord(parent) ? parent[field] : undefined;
  return typeof value === "string" ? value : "";
}

export function numberField(parent: unknown, field: string): number | undefined {
  const value = isRecord(parent) ? parent[field] : undefined;
  return typeof value === "number" ? value : undefined;
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value behind a path of names that has no lists in it; undefined where it ends early. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (!isRecord(value)) return undefined;
    value = value[name];
  }
  return value;
}
