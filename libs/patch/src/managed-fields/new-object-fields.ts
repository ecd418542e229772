/**
 * The fields of a new object, in one walk and in the order they are stored: what `compareObjects` finds added
 * or modified against an empty object, for the busiest write.
 *
 * Upstream: structured-merge-diff typed/compare.go
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isJsonObject } from "@kubets/schema";
import { itemElement, MissingKeyError } from "./compare.ts";
import {
  DEDUCED,
  type FieldKind,
  type ListMapKind,
  type NamedField,
  type StructKind,
} from "./field-kind.ts";
import type { FieldSet } from "./field-set.ts";
import { jsonEqual } from "./json-equal.ts";
import { compareElements, fieldElement } from "./path-element.ts";

const LEAF: FieldSet = Object.freeze({});
const ITEM_OF_SET: FieldKind = { kind: "leaf", shape: "scalar" };

/**
 * Undefined when there is nothing beyond `zero`. An item of a keyed list without its key has no path, and then
 * upstream records nothing at all.
 */
export function addedFields(
  kind: StructKind,
  zero: JsonObject,
  object: JsonObject,
): FieldSet | undefined {
  try {
    return structBeyond(kind, zero, object);
  } catch (error) {
    if (error instanceof MissingKeyError) return undefined;
    throw error;
  }
}

/** A struct that an empty object has too: it is no member itself. */
function structBeyond(
  kind: StructKind,
  zero: JsonObject,
  object: JsonObject,
): FieldSet | undefined {
  const set: FieldSet = {};
  let isEmpty = true;
  for (const field of sortedFields(kind, object)) {
    const name = field.element.slice(2);
    const value = object[name];
    if (value === undefined) continue;
    const before = Object.hasOwn(zero, name) ? zero[name] : undefined;
    const child =
      before === undefined ? allOf(field.kind, value) : beyond(field.kind, before, value);
    if (child === undefined) continue;
    set[field.element] = child;
    isEmpty = false;
  }
  return isEmpty ? undefined : set;
}

function beyond(kind: FieldKind, before: JsonValue, value: JsonValue): FieldSet | undefined {
  if (isJsonObject(value)) {
    if (kind.kind === "struct")
      return structBeyond(kind, isJsonObject(before) ? before : {}, value);
  } else if (Array.isArray(value) && value.length > 0) {
    // The list was there, and empty: its items are new, it is not.
    if (kind.kind === "list-map" || kind.kind === "set") return itemsOf(kind, value, false);
  }
  return jsonEqual(before, value) ? undefined : LEAF;
}

/** The set of a value that was not there before. */
function allOf(kind: FieldKind, value: JsonValue): FieldSet {
  switch (kind.kind) {
    case "leaf":
      return LEAF;
    case "struct":
      return isJsonObject(value) ? wholeStruct(kind, value) : LEAF;
    case "map":
      return isJsonObject(value) ? wholeMap(kind.elem, value) : LEAF;
    case "deduced":
      return isJsonObject(value) ? wholeMap(DEDUCED, value) : LEAF;
    case "list-map":
    case "set":
      return Array.isArray(value) && value.length > 0 ? itemsOf(kind, value, true) : LEAF;
  }
}

function wholeStruct(kind: StructKind, object: JsonObject): FieldSet {
  let set: FieldSet | undefined;
  for (const field of sortedFields(kind, object)) {
    const value = object[field.element.slice(2)];
    if (value === undefined) continue;
    set ??= { ".": LEAF };
    set[field.element] = allOf(field.kind, value);
  }
  return set ?? LEAF;
}

function wholeMap(elem: FieldKind, object: JsonObject): FieldSet {
  let set: FieldSet | undefined;
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (value === undefined) continue;
    set ??= { ".": LEAF };
    set[fieldElement(key)] = allOf(elem, value);
  }
  return set ?? LEAF;
}

function itemsOf(
  kind: ListMapKind | { readonly kind: "set" },
  list: readonly JsonValue[],
  isNew: boolean,
): FieldSet {
  const set: FieldSet = isNew ? { ".": LEAF } : {};
  const itemKind = kind.kind === "set" ? ITEM_OF_SET : kind.elem;
  if (list.length === 1) {
    const [item = null] = list;
    set[itemElement(kind, item)] = allOf(itemKind, item);
    return set;
  }
  const items = list.map((item) => ({ element: itemElement(kind, item), item }));
  items.sort((a, b) => compareElements(a.element, b.element));
  for (const { element, item } of items) {
    // Items that share an element are owned as one whole.
    set[element] = Object.hasOwn(set, element) ? LEAF : allOf(itemKind, item);
  }
  return set;
}

/** Those that the object has, in order; there are few of them. */
function sortedFields(kind: StructKind, object: JsonObject): readonly NamedField[] {
  const fields: NamedField[] = [];
  for (const key in object) {
    const field = kind.named.get(key);
    if (field === undefined) continue;
    let i = fields.length;
    for (let before = fields[i - 1]; before !== undefined && before.rank > field.rank; ) {
      fields[i] = before;
      i--;
      before = fields[i - 1];
    }
    fields[i] = field;
  }
  return fields;
}
