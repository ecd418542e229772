/**
 * What changed between two objects, as three sets of paths.
 *
 * Upstream: structured-merge-diff typed/compare.go
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isJsonObject } from "@kubets/schema";
import type { FieldKind, ListMapKind, StructKind } from "./field-kind.ts";
import type { FieldSet } from "./field-set.ts";
import { jsonEqual } from "./json-equal.ts";
import { fieldElement, keyElement, valueElement } from "./path-element.ts";

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** An item of a keyed list lacks one of its keys: there is no path to it. */
export class MissingKeyError extends Error {
  constructor(key: string) {
    super(
      `associative list with keys has an element that omits key field "${key}" (and doesn't have default value)`,
    );
    this.name = "MissingKeyError";
  }
}

/** Sets under construction; empty nodes are dropped on the way up. */
interface Sets {
  added: FieldSet | undefined;
  modified: FieldSet | undefined;
  removed: FieldSet | undefined;
}

/** Throws MissingKeyError. */
export function compareObjects(
  kind: StructKind,
  before: JsonObject,
  after: JsonObject,
): Comparison {
  const sets = compareValues(kind, before, after);
  return { added: sets?.added ?? {}, modified: sets?.modified ?? {}, removed: sets?.removed ?? {} };
}

/** Undefined when nothing differs. */
function compareValues(
  kind: FieldKind,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Sets | undefined {
  switch (kind.kind) {
    case "leaf":
      return leaf(before, after);
    case "struct":
    case "map":
      return maps(kind, objectOf(before), objectOf(after), before, after);
    case "list-map":
    case "set":
      return lists(kind, listOf(before), listOf(after), before, after);
    case "deduced": {
      if (isJsonObject(after) || (after === undefined && isJsonObject(before))) {
        return maps({ kind: "map", elem: kind }, objectOf(before), objectOf(after), before, after);
      }
      return leaf(before, after);
    }
  }
}

function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

const LEAF: FieldSet = Object.freeze({});

function leaf(before: JsonValue | undefined, after: JsonValue | undefined): Sets | undefined {
  if (before === undefined) {
    return after === undefined
      ? undefined
      : { added: LEAF, modified: undefined, removed: undefined };
  }
  if (after === undefined) return { added: undefined, modified: undefined, removed: LEAF };
  return jsonEqual(before, after)
    ? undefined
    : { added: undefined, modified: LEAF, removed: undefined };
}

function isEmptyObject(object: JsonObject | undefined): boolean {
  if (object === undefined) return true;
  for (const _ in object) return false;
  return true;
}

function maps(
  kind: StructKind | { readonly kind: "map"; readonly elem: FieldKind },
  lhs: JsonObject | undefined,
  rhs: JsonObject | undefined,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Sets | undefined {
  if (lhs === rhs && lhs !== undefined) return undefined;
  // Two empty ones are a leaf: that keeps null and {} apart.
  if (isEmptyObject(lhs) && isEmptyObject(rhs)) return leaf(before, after);
  const sets = new SetsBuilder();
  const below = (key: string): FieldKind =>
    kind.kind === "map" ? kind.elem : (kind.fields.get(key) ?? UNKNOWN);
  for (const key in rhs) {
    const theirs = rhs[key];
    const ours = own(lhs, key);
    if (theirs !== ours) sets.put(fieldElement(key), compareValues(below(key), ours, theirs));
  }
  for (const key in lhs) {
    if (own(rhs, key) === undefined)
      sets.put(fieldElement(key), compareValues(below(key), lhs[key], undefined));
  }
  return sets.finish(before, after);
}

const UNKNOWN: FieldKind = { kind: "deduced" };

/** Keys such as "constructor" must not be found on the prototype. */
function own(object: JsonObject | undefined, key: string): JsonValue | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

function lists(
  kind: ListMapKind | { readonly kind: "set" },
  lhs: readonly JsonValue[] | undefined,
  rhs: readonly JsonValue[] | undefined,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Sets | undefined {
  if (lhs === rhs && lhs !== undefined) return undefined;
  if ((lhs?.length ?? 0) === 0 && (rhs?.length ?? 0) === 0) return leaf(before, after);
  const sets = new SetsBuilder();
  const ours = byElement(kind, lhs);
  const theirs = byElement(kind, rhs);
  for (const [element, items] of theirs)
    compareItems(kind, element, ours.get(element) ?? [], items, sets);
  for (const [element, items] of ours) {
    if (!theirs.has(element)) compareItems(kind, element, items, [], sets);
  }
  return sets.finish(before, after);
}

/** Items with the same element more than once are owned as one whole. */
function compareItems(
  kind: ListMapKind | { readonly kind: "set" },
  element: string,
  before: readonly JsonValue[],
  after: readonly JsonValue[],
  sets: SetsBuilder,
): void {
  const itemKind: FieldKind = kind.kind === "set" ? { kind: "leaf", shape: "scalar" } : kind.elem;
  if (before.length <= 1 && after.length <= 1) {
    sets.put(element, compareValues(itemKind, before[0], after[0]));
  } else if (before.length >= 2 && after.length >= 2) {
    if (!jsonEqual([...before], [...after])) {
      sets.put(element, { added: undefined, modified: LEAF, removed: undefined });
    }
  } else if (before.length >= 2) {
    if (after.length > 0) sets.put(element, compareValues(itemKind, undefined, after[0]));
    sets.put(element, { added: undefined, modified: undefined, removed: LEAF });
  } else {
    if (before.length > 0) sets.put(element, compareValues(itemKind, before[0], undefined));
    sets.put(element, { added: LEAF, modified: undefined, removed: undefined });
  }
}

function byElement(
  kind: ListMapKind | { readonly kind: "set" },
  list: readonly JsonValue[] | undefined,
): Map<string, JsonValue[]> {
  const items = new Map<string, JsonValue[]>();
  for (const item of list ?? []) {
    const element = itemElement(kind, item);
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

/** Throws MissingKeyError. */
export function itemElement(kind: ListMapKind | { readonly kind: "set" }, item: JsonValue): string {
  if (kind.kind === "set") return valueElement(item);
  const element = isJsonObject(item) ? keyElement(kind, item) : undefined;
  if (element === undefined) throw new MissingKeyError(kind.keys[0]?.name ?? "");
  return element;
}

class SetsBuilder {
  private added: FieldSet | undefined;
  private modified: FieldSet | undefined;
  private removed: FieldSet | undefined;

  put(element: string, sets: Sets | undefined): void {
    if (sets === undefined) return;
    if (sets.added !== undefined) {
      this.added ??= {};
      this.added[element] = sets.added;
    }
    if (sets.modified !== undefined) {
      this.modified ??= {};
      this.modified[element] = sets.modified;
    }
    if (sets.removed !== undefined) {
      this.removed ??= {};
      this.removed[element] = sets.removed;
    }
  }

  /** A map or list that came or went as a whole is itself a member. */
  finish(before: JsonValue | undefined, after: JsonValue | undefined): Sets | undefined {
    if (before === undefined) {
      this.added ??= {};
      this.added["."] = {};
    } else if (after === undefined) {
      this.removed ??= {};
      this.removed["."] = {};
    }
    const { added, modified, removed } = this;
    return added === undefined && modified === undefined && removed === undefined
      ? undefined
      : { added, modified, removed };
  }
}
