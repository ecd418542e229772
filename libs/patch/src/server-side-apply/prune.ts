/**
 * Takes out what the applier applied last time, does not apply now, and nobody else owns.
 *
 * Upstream: structured-merge-diff merge/update.go prune, addBackOwnedItems, addBackDanglingItems
 */
import type { JsonObject } from "@kubets/api";
import { isJsonObject } from "@kubets/schema";
import type { StructKind } from "../managed-fields/field-kind.ts";
import {
  difference,
  ensureNamedFieldsAreMembers,
  type FieldSet,
  intersection,
  union,
} from "../managed-fields/field-set.ts";
import type { Managers } from "../managed-fields/managed-entries.ts";
import { fieldSetOf, removeTyped } from "./typed-object.ts";

/** `managers` has the applier's new set already; `last` is its old one. */
export function prune(
  kind: StructKind,
  merged: JsonObject,
  managers: Managers,
  last: FieldSet,
): JsonObject {
  const withNames = (set: FieldSet): FieldSet => ensureNamedFieldsAreMembers(set, kind);
  const mergedSet = withNames(fieldSetOf(kind, merged));
  const pruned = remove(kind, merged, withNames(last));
  let owned: FieldSet = {};
  for (const manager of managers.values()) owned = union(owned, manager.set);
  const keep = union(withNames(fieldSetOf(kind, pruned)), withNames(owned));
  const withOwned = remove(kind, merged, difference(mergedSet, keep));
  const gone = difference(mergedSet, withNames(fieldSetOf(kind, withOwned)));
  return remove(kind, merged, intersection(gone, withNames(last)));
}

function remove(kind: StructKind, object: JsonObject, set: FieldSet): JsonObject {
  const left = removeTyped(kind, object, set);
  return isJsonObject(left) ? left : {};
}
