/**
 * Operations on an object as its schema sees it: the set of fields it has, merging another over it, and taking
 * fields out. All give new values and share what they do not change.
 *
 * Upstream: structured-merge-diff typed/{tofieldset,merge,remove}.go
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isJsonObject, setOwn } from "@kubets/schema";
import { itemElement } from "../managed-fields/compare.ts";
import { DEDUCED, type FieldKind, type ListMapKind } from "../managed-fields/field-kind.ts";
import { childOf, type FieldSet, isEmptySet, isMember } from "../managed-fields/field-set.ts";
import { fieldElement } from "../managed-fields/path-element.ts";

type ListKind = ListMapKind | { readonly kind: "set" };
const ITEM_OF_SET: FieldKind = { kind: "leaf", shape: "scalar" };

/** The kind a value without a schema of its own is treated as. */
function effective(kind: FieldKind, value: JsonValue | undefined): FieldKind {
  if (kind.kind !== "deduced") return kind;
  return isJsonObject(value) ? { kind: "map", elem: DEDUCED } : ITEM_OF_SET;
}

export function belowKey(kind: FieldKind, key: string): FieldKind {
  if (kind.kind === "struct") return kind.fields.get(key) ?? DEDUCED;
  return kind.kind === "map" ? kind.elem : DEDUCED;
}

export function itemKind(kind: ListKind): FieldKind {
  return kind.kind === "set" ? ITEM_OF_SET : kind.elem;
}

/** Every field that an object sets. */
export function fieldSetOf(kind: FieldKind, value: JsonValue): FieldSet {
  const as = effective(kind, value);
  switch (as.kind) {
    case "struct":
    case "map":
      return isJsonObject(value) ? mapSet(as, value) : {};
    case "list-map":
    case "set":
      return Array.isArray(value) ? listSet(as, value) : {};
    default:
      return {};
  }
}

function isWhole(kind: FieldKind, value: JsonValue): boolean {
  return effective(kind, value).kind === "leaf";
}

function mapSet(kind: FieldKind, object: JsonObject): FieldSet {
  const set: FieldSet = {};
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    const below = belowKey(kind, key);
    const children = fieldSetOf(below, value);
    const isNamed = kind.kind === "struct" && kind.fields.has(key);
    const isHollow = value === null || (isJsonObject(value) && isEmptySet(value));
    put(set, fieldElement(key), children, isHollow || !isNamed || isWhole(below, value));
  }
  return set;
}

function listSet(kind: ListKind, list: readonly JsonValue[]): FieldSet {
  const set: FieldSet = {};
  const seen = new Set<string>();
  for (const item of list) {
    const element = itemElement(kind, item);
    // Items that share an element are owned as one whole.
    put(set, element, seen.has(element) ? {} : fieldSetOf(itemKind(kind), item), true);
    seen.add(element);
  }
  return set;
}

function put(set: FieldSet, element: string, children: FieldSet, member: boolean): void {
  if (isEmptySet(children)) {
    if (member) set[element] = {};
  } else {
    set[element] = member ? { ...children, ".": {} } : children;
  }
}

/** `over` laid over `under`; where only one has a value, that one. */
export function mergeTyped(
  kind: FieldKind,
  under: JsonValue | undefined,
  over: JsonValue | undefined,
): JsonValue | undefined {
  if (over === undefined) return under;
  if (under === undefined) return over;
  const as = effective(kind, over);
  switch (as.kind) {
    case "struct":
    case "map": {
      if (!isJsonObject(over) || !isJsonObject(under))
        return isHollow(over) ? (isHollow(under) ? over : under) : over;
      return isEmptySet(over) && isEmptySet(under) ? over : mergeMaps(as, under, over);
    }
    case "list-map":
    case "set": {
      if (!Array.isArray(over) || !Array.isArray(under))
        return isHollow(over) ? (isHollow(under) ? over : under) : over;
      return over.length === 0 && under.length === 0 ? over : mergeLists(as, under, over);
    }
    default:
      return over;
  }
}

function isHollow(value: JsonValue): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && isEmptySet(value);
}

function mergeMaps(kind: FieldKind, under: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = {};
  for (const key in under) {
    const theirs = Object.hasOwn(over, key) ? over[key] : undefined;
    const value = mergeTyped(belowKey(kind, key), under[key], theirs);
    if (value !== undefined) setOwn(merged, key, value);
  }
  for (const key in over) {
    const value = over[key];
    if (value !== undefined && !Object.hasOwn(under, key)) setOwn(merged, key, value);
  }
  return merged;
}

/** Items of both keep the order of `over`; the others stay where they stood among them. */
function mergeLists(
  kind: ListKind,
  under: readonly JsonValue[],
  over: readonly JsonValue[],
): JsonValue[] {
  const ours = under.map((item) => itemElement(kind, item));
  const theirs = over.map((item) => itemElement(kind, item));
  const underBy = firstByElement(ours, under);
  const overBy = firstByElement(theirs, over);
  const shared = theirs.filter((element) => underBy.has(element));
  const done = new Set<string>();
  const merged: JsonValue[] = [];
  let nextShared = 0;
  const take = (element: string): void => {
    done.add(element);
    const value = mergeTyped(itemKind(kind), underBy.get(element), overBy.get(element));
    if (value !== undefined) merged.push(value);
    if (shared[nextShared] === element) nextShared++;
  };
  let l = 0;
  let r = 0;
  while (l < ours.length || r < theirs.length) {
    const left = ours[l];
    const right = theirs[r];
    if (left !== undefined && right !== undefined) {
      if (left === right) {
        take(left);
        l++;
        r++;
        continue;
      }
      if (overBy.has(left) && nextShared < shared.length && shared[nextShared] !== left) {
        l++;
        continue;
      }
    }
    if (left !== undefined) {
      if (!overBy.has(left)) {
        const item = under[l];
        if (item !== undefined) merged.push(item);
        l++;
        continue;
      }
      if (done.has(left)) l++;
    }
    if (right !== undefined) {
      take(right);
      r++;
    }
  }
  return merged;
}

function firstByElement(
  elements: readonly string[],
  items: readonly JsonValue[],
): Map<string, JsonValue> {
  const map = new Map<string, JsonValue>();
  elements.forEach((element, i) => {
    const item = items[i];
    if (item !== undefined && !map.has(element)) map.set(element, item);
  });
  return map;
}

/** The value without the members of the set; null where nothing of it is left. */
export function removeTyped(kind: FieldKind, value: JsonValue, set: FieldSet): JsonValue {
  const as = effective(kind, value);
  switch (as.kind) {
    case "struct":
    case "map": {
      if (!isJsonObject(value) || isEmptySet(value)) return value;
      const kept: JsonObject = {};
      for (const key in value) {
        const item = value[key];
        if (item === undefined) continue;
        const below = childOf(set, fieldElement(key));
        if (below === undefined) setOwn(kept, key, item);
        else if (!isMember(below)) setOwn(kept, key, removeTyped(belowKey(as, key), item, below));
      }
      return isEmptySet(kept) ? null : kept;
    }
    case "list-map":
    case "set": {
      if (!Array.isArray(value) || value.length === 0) return value;
      const kept: JsonValue[] = [];
      for (const item of value) {
        const below = childOf(set, itemElement(as, item));
        if (below === undefined) kept.push(item);
        else if (!isMember(below)) kept.push(removeTyped(itemKind(as), item, below));
      }
      return kept.length === 0 ? null : kept;
    }
    default:
      return as.kind === "leaf" && as.shape === "scalar" ? value : null;
  }
}
