import type { KubeObject } from "@kubets/api";
import { fieldsOf } from "../draft.ts";
import type { Conversion } from "./conversion.ts";

/**
 * Versions that differ in the names of top-level fields at most. `renames` goes from the served name to
 * the stored one.
 */
export function renamingConversion(
  versions: { readonly served: string; readonly stored: string },
  renames: { readonly [served: string]: string } = {},
): Conversion {
  const back = Object.fromEntries(Object.entries(renames).map(([from, to]) => [to, from]));
  return {
    toStored: (object) => renamed(object, versions.stored, renames),
    fromStored: (object) => renamed(object, versions.served, back),
  };
}

function renamed(
  object: KubeObject,
  apiVersion: string,
  renames: { readonly [from: string]: string },
): KubeObject {
  const result: { [field: string]: unknown } & KubeObject = {
    kind: object.kind,
    apiVersion,
    metadata: object.metadata,
  };
  for (const [field, value] of Object.entries(fieldsOf(object))) {
    if (field === "kind" || field === "apiVersion" || field === "metadata") continue;
    result[Object.hasOwn(renames, field) ? (renames[field] ?? field) : field] = value;
  }
  return result;
}
