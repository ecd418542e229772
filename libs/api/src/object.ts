/**
 * The shape every API object shares in memory: its JSON form, a plain object. Objects that come from a
 * cache, an informer or the registry are shared and must not be changed; copy what you change.
 */
import type { ObjectMeta } from "./gen/types/meta/v1.ts";

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** A JSON value as the codecs produce it. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

export interface GroupVersionKind {
  /** Empty for core. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  /** The plural in lower case. */
  readonly resource: string;
}

/** `v1` or `apps/v1`, as it stands in `apiVersion`. */
export function apiVersionOf(gv: { readonly group: string; readonly version: string }): string {
  return gv.group === "" ? gv.version : `${gv.group}/${gv.version}`;
}

/** The inverse of `apiVersionOf`; undefined when the text has more than one slash or no version. */
export function parseApiVersion(
  apiVersion: string,
): { group: string; version: string } | undefined {
  const parts = apiVersion.split("/");
  const [first, second] = parts;
  if (parts.length === 1 && first) return { group: "", version: first };
  if (parts.length === 2 && first && second) return { group: first, version: second };
  return undefined;
}
