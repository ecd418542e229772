/**
 * Sets of paths in the form managedFields stores them (FieldsV1): a node is a JSON object from path elements to
 * nodes; "." among its keys, or having no key at all, says that the path itself is a member. Sets are never
 * changed once made; results share what did not change.
 *
 * Upstream: structured-merge-diff fieldpath/set.go
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isJsonObject } from "@kubets/schema";
import type { FieldKind } from "./field-kind.ts";
import { compareElements, isPathElement, showElement } from "./path-element.ts";

export type FieldSet = JsonObject;

const SELF = ".";
const LEAF: FieldSet = Object.freeze({});
/** Deeper than any object can be. */
const DEPTH_MAX = 1_000;

export const EMPTY_SET: FieldSet = LEAF;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** The node under an element; undefined where there is none. */
export function childOf(set: FieldSet, element: string): FieldSet | undefined {
  const child = set[element];
  return isJsonObject(child) ? child : undefined;
}

/** Whether the path of this (non-root) node is itself in the set. */
export function isMember(node: FieldSet): boolean {
  if (node[SELF] !== undefined) return true;
  for (const _ in node) return false;
  return true;
}

function hasChildren(node: FieldSet): boolean {
  for (const key in node) if (key !== SELF) return true;
  return false;
}

/** A node with these children (a fresh object, its "." is put right); undefined when nothing is left. */
function node(children: FieldSet, member: boolean): FieldSet | undefined {
  if (!hasChildren(children)) return member ? LEAF : undefined;
  if (member) children[SELF] = {};
  else if (children[SELF] !== undefined) delete children[SELF];
  return children;
}

function put(set: FieldSet, element: string, child: FieldSet | undefined): void {
  if (child === undefined) delete set[element];
  else set[element] = child;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let out: FieldSet | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const theirs = childOf(b, element) ?? LEAF;
    const ours = childOf(a, element);
    const both = ours === undefined ? theirs : unionNodes(ours, theirs);
    if (both === ours) continue;
    out ??= { ...a };
    out[element] = both;
  }
  return out ?? a;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const member = isMember(a) || isMember(b);
  const children = union(a, b);
  if (children === a && isMember(a) === member) return a;
  return node({ ...children }, member) ?? LEAF;
}

/** What to do with two nodes under the same element: a new node, the first one itself, or nothing. */
type NodeOperation = (ours: FieldSet, theirs: FieldSet) => FieldSet | undefined;

/** Runs the operation on every child that both have; the set itself when nothing changes. */
function onShared(a: FieldSet, b: FieldSet, operation: NodeOperation): FieldSet {
  let out: FieldSet | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const ours = childOf(a, element);
    const theirs = childOf(b, element);
    if (ours === undefined || theirs === undefined) continue;
    const result = operation(ours, theirs);
    if (result === ours) continue;
    out ??= { ...a };
    put(out, element, result);
  }
  return out ?? a;
}

/** The members of `a` that are not members of `b`. What lies below a member of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return onShared(a, b, differenceOfNodes);
}

function differenceOfNodes(ours: FieldSet, theirs: FieldSet): FieldSet | undefined {
  const member = isMember(ours);
  const left = member && !isMember(theirs);
  const children = onShared(ours, theirs, differenceOfNodes);
  return children === ours && left === member ? ours : node({ ...children }, left);
}

/** As `difference`, and everything below a member of `b` goes too. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return onShared(a, b, recursiveDifferenceOfNodes);
}

function recursiveDifferenceOfNodes(ours: FieldSet, theirs: FieldSet): FieldSet | undefined {
  if (isMember(theirs)) return undefined;
  const children = onShared(ours, theirs, recursiveDifferenceOfNodes);
  return children === ours ? ours : node({ ...children }, isMember(ours));
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = {};
  for (const element in a) {
    if (element === SELF) continue;
    const ours = childOf(a, element);
    const theirs = childOf(b, element);
    if (ours === undefined || theirs === undefined) continue;
    const common = node(intersection(ours, theirs), isMember(ours) && isMember(theirs));
    if (common !== undefined) out[element] = common;
  }
  return out;
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    if (element === SELF) continue;
    count++;
    const ours = childOf(a, element);
    const theirs = childOf(b, element);
    if (ours === undefined || theirs === undefined) return false;
    if (isMember(ours) !== isMember(theirs) || !equalSets(ours, theirs)) return false;
  }
  for (const element in b) if (element !== SELF) count--;
  return count === 0;
}

/** Named fields of structs on the way to a member count as members too. */
export function ensureNamedFieldsAreMembers(set: FieldSet, kind: FieldKind | undefined): FieldSet {
  const out: FieldSet = {};
  for (const element in set) {
    if (element === SELF) continue;
    const child = childOf(set, element) ?? LEAF;
    const below = kindBelow(kind, element);
    const named =
      kind?.kind === "struct" && element.startsWith("f:") && kind.fields.has(element.slice(2));
    const children = ensureNamedFieldsAreMembers(child, below);
    const kept = node(children, isMember(child) || (named && hasChildren(child)));
    if (kept !== undefined) out[element] = kept;
  }
  return out;
}

export function kindBelow(kind: FieldKind | undefined, element: string): FieldKind | undefined {
  switch (kind?.kind) {
    case "struct":
      return kind.fields.get(element.slice(2));
    case "map":
    case "list-map":
      return kind.elem;
    case "deduced":
      return kind;
    default:
      return undefined;
  }
}

/** The set with "." first and elements in upstream's order, as it is stored; itself when it is so already. */
export function inOrder(set: FieldSet): FieldSet {
  let isOrdered = true;
  let last: string | undefined;
  let changed: FieldSet | undefined;
  for (const element in set) {
    if (last !== undefined && (element === SELF || compareElements(last, element) > 0)) {
      isOrdered = false;
    }
    if (element !== SELF) last = element;
    else if (last === undefined) continue;
    const child = childOf(set, element);
    const ordered = child === undefined ? undefined : inOrder(child);
    if (ordered === undefined || ordered === child) continue;
    changed ??= { ...set };
    changed[element] = ordered;
  }
  const whole = changed ?? set;
  if (isOrdered) return whole;
  const out: FieldSet = {};
  if (whole[SELF] !== undefined) out[SELF] = LEAF;
  for (const element of Object.keys(whole).sort(compareElements)) {
    const child = childOf(whole, element);
    if (element !== SELF && child !== undefined) out[element] = child;
  }
  return out;
}

/** Every member's path as conflicts show it, in upstream's order: members of a node before what lies below. */
export function memberPaths(set: FieldSet, prefix = ""): string[] {
  const elements = Object.keys(set)
    .filter((element) => element !== SELF)
    .toSorted(compareElements);
  const paths: string[] = [];
  for (const element of elements) {
    if (isMember(childOf(set, element) ?? LEAF)) paths.push(prefix + showElement(element));
  }
  for (const element of elements) {
    const child = childOf(set, element);
    if (child !== undefined && hasChildren(child))
      paths.push(...memberPaths(child, prefix + showElement(element)));
  }
  return paths;
}

/** Whether what a client sent as fieldsV1 is a set. */
export function isFieldSet(value: JsonValue | undefined, depth = 0): value is FieldSet {
  if (!isJsonObject(value) || depth > DEPTH_MAX) return false;
  for (const element in value) {
    if (element !== SELF && !isPathElement(element)) return false;
    if (!isFieldSet(value[element], depth + 1)) return false;
  }
  return true;
}
