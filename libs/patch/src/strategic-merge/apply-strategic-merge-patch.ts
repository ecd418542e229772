/**
 * Strategic merge patch: lists are merged by their items' keys as the type's patch markers say.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go StrategicMergeMapPatch @1.36
 */
import {
  badRequest,
  type JsonObject,
  type JsonValue,
  type SchemaTable,
  type TypeSchema,
} from "@kubets/api";
import { cloneJson, isJsonObject, setOwn } from "@kubets/schema";
import { goMapText } from "../go-map-text.ts";
import { patchFailure, unprocessablePatch } from "../patch-error.ts";
import {
  applyRetainKeys,
  DELETE_FROM_PRIMITIVE_LIST,
  dropNulls,
  PATCH,
  SET_ELEMENT_ORDER,
  withoutDirectives,
} from "./directives.ts";
import { identityOf, inOrder } from "./list-order.ts";
import { type FieldMeta, PatchSchema } from "./patch-schema.ts";

/**
 * The patched document, which shares nothing with either argument; fields that the type does not know are
 * still in it. Throws StatusError: 400 for malformed directives, 500 where upstream does.
 */
export type ApplyStrategicMergePatch = (
  document: JsonValue,
  patch: JsonValue,
  type: TypeSchema,
) => JsonObject;

export function createApplyStrategicMergePatch(table: SchemaTable): ApplyStrategicMergePatch {
  const schema = new PatchSchema(table);
  return (document, patch, type) => {
    if (!isJsonObject(patch)) {
      const what = Array.isArray(patch)
        ? "array"
        : typeof patch === "boolean"
          ? "bool"
          : typeof patch;
      throw badRequest(
        `json: cannot unmarshal ${what} into Go value of type map[string]interface {}`,
      );
    }
    const original = isJsonObject(document) ? cloneJson(document) : {};
    return new Merge(schema).objects(original, cloneJson(patch), type);
  };
}

/** Works on copies of its own: both sides may be changed and taken over. */
class Merge {
  private readonly schema: PatchSchema;

  constructor(schema: PatchSchema) {
    this.schema = schema;
  }

  objects(original: JsonObject, patch: JsonObject, type: TypeSchema | undefined): JsonObject {
    if (Object.hasOwn(patch, PATCH)) return replaced(patch);
    applyRetainKeys(original, patch);
    for (const key of Object.keys(patch)) {
      if (key.startsWith(SET_ELEMENT_ORDER)) this.ordered(original, patch, key, type);
    }
    for (const key of Object.keys(patch)) {
      const change = patch[key];
      if (change !== undefined) this.field(original, key, change, type);
    }
    return original;
  }

  private field(
    original: JsonObject,
    key: string,
    change: JsonValue,
    type: TypeSchema | undefined,
  ): void {
    const isDeletion = key.startsWith(DELETE_FROM_PRIMITIVE_LIST);
    const name = isDeletion ? key.slice(DELETE_FROM_PRIMITIVE_LIST.length) : key;
    if (change === null) {
      delete original[name];
      return;
    }
    const before = Object.hasOwn(original, name) ? original[name] : undefined;
    if (before === undefined || kindOf(before) !== kindOf(change)) {
      if (!isDeletion) addNew(original, name, change);
      return;
    }
    const meta = this.schema.field(type, name);
    if (isJsonObject(before) && isJsonObject(change)) {
      setOwn(
        original,
        name,
        meta.strategy === "replace" ? change : this.objects(before, change, meta.message),
      );
    } else if (Array.isArray(before) && Array.isArray(change)) {
      setOwn(original, name, this.listField(before, change, meta, isDeletion));
    } else {
      setOwn(original, name, change);
    }
  }

  private listField(
    before: JsonValue[],
    change: JsonValue[],
    meta: FieldMeta,
    isDeletion: boolean,
  ): JsonValue[] {
    return meta.strategy === "merge" || isDeletion
      ? this.lists(before, change, meta, isDeletion)
      : change;
  }

  private lists(
    original: JsonValue[],
    patch: JsonValue[],
    meta: FieldMeta,
    isDeletion: boolean,
  ): JsonValue[] {
    if (original.length === 0 && patch.length === 0) return original;
    const kind = itemKind(original, patch);
    if (kind !== "object") {
      if (isDeletion) return original.filter((item) => !patch.includes(item));
      return inOrder([...new Set([...original, ...patch])], patch, original, "");
    }
    const { mergeKey } = meta;
    if (mergeKey === "") {
      throw patchFailure(
        `cannot merge lists without merge key for ${meta.message?.name ?? "list"}`,
      );
    }
    const stored = [...original];
    const { kept, changes } = withoutSpecialItems(original, patch, mergeKey);
    for (const change of changes) this.item(kept, change, meta);
    return inOrder(kept, changes, stored, mergeKey);
  }

  private item(list: JsonValue[], change: JsonObject, meta: FieldMeta): void {
    const key = keyValue(change, meta.mergeKey);
    const at = list.findIndex((item) => isJsonObject(item) && item[meta.mergeKey] === key);
    const before = list[at];
    if (isJsonObject(before)) {
      list[at] = this.objects(before, change, meta.message);
    } else {
      dropNulls(change);
      const added = withoutDirectives(change);
      if (added !== undefined) list.push(added);
    }
  }

  /** A list with an order directive is merged here, and taken out of the patch. */
  private ordered(
    original: JsonObject,
    patch: JsonObject,
    key: string,
    type: TypeSchema | undefined,
  ): void {
    const order = patch[key];
    delete patch[key];
    if (!Array.isArray(order)) throw wrongArgument(order);
    const name = key.slice(SET_ELEMENT_ORDER.length);
    const before = Object.hasOwn(original, name) ? original[name] : undefined;
    const change = Object.hasOwn(patch, name) ? patch[name] : undefined;
    if (before !== undefined && before !== null && !Array.isArray(before))
      throw wrongArgument(before);
    if (change !== undefined && !Array.isArray(change)) throw wrongArgument(change);
    if (!Array.isArray(before) && change === undefined) return;
    const meta = this.schema.field(type, name);
    checkOrder(change ?? [], order, meta.mergeKey);
    const stored = Array.isArray(before) ? [...before] : [];
    let merged: JsonValue[];
    if (!Array.isArray(before)) {
      for (const item of change ?? []) dropNulls(item);
      const added = withoutDirectives(change ?? []);
      merged = Array.isArray(added) ? added : [];
    } else {
      merged = change === undefined ? before : this.listField(before, change, meta, false);
    }
    setOwn(original, name, inOrder(merged, order, stored, meta.mergeKey));
    delete patch[name];
  }
}

function replaced(patch: JsonObject): JsonObject {
  const directive = patch[PATCH];
  const shown = goMapText(patch);
  delete patch[PATCH];
  if (directive === "replace") return patch;
  if (directive === "delete") return {};
  throw patchFailure(`unknown patch type: ${directive} in map: ${shown}`);
}

function addNew(original: JsonObject, name: string, change: JsonValue): void {
  dropNulls(change);
  const added = withoutDirectives(change);
  if (added !== undefined) setOwn(original, name, added);
}

/** Carries out `$patch` in list items; what is left of the patch are plain changes. */
function withoutSpecialItems(
  original: JsonValue[],
  patch: readonly JsonValue[],
  mergeKey: string,
): { kept: JsonValue[]; changes: JsonObject[] } {
  let kept = original;
  let replace = false;
  const changes: JsonObject[] = [];
  for (const item of patch) {
    if (!isJsonObject(item)) throw wrongArgument(item);
    const directive = Object.hasOwn(item, PATCH) ? item[PATCH] : undefined;
    if (directive === undefined) {
      changes.push(item);
    } else if (directive === "delete") {
      const key = keyValue(item, mergeKey);
      kept = kept.filter((candidate) => !isJsonObject(candidate) || candidate[mergeKey] !== key);
    } else if (directive === "replace") {
      replace = true;
    } else if (directive === "merge") {
      throw patchFailure("merging lists cannot yet be specified in the patch");
    } else {
      throw patchFailure(`unknown patch type: ${directive} in map: ${goMapText(item)}`);
    }
  }
  return replace ? { kept: [], changes } : { kept, changes };
}

function keyValue(item: JsonObject, mergeKey: string): JsonValue {
  const value = item[mergeKey];
  if (value === undefined) {
    const shown = goMapText(item).slice(0, 1_000);
    throw patchFailure(`map: ${shown} does not contain declared merge key: ${mergeKey}`);
  }
  return value;
}

/** What the patch changes must come in the order that the directive gives. */
function checkOrder(
  change: readonly JsonValue[],
  order: readonly JsonValue[],
  mergeKey: string,
): void {
  if (change.length === 0 || order.length === 0) return;
  let at = 0;
  for (const item of change) {
    if (mergeKey !== "" && isJsonObject(item) && item[PATCH] === "delete") continue;
    const key = identityOf(item, mergeKey);
    while (at < order.length && identityOf(order[at] ?? null, mergeKey) !== key) at++;
    if (at >= order.length) {
      const lists = `${goMapText([...change])}\n doesn't match ${SET_ELEMENT_ORDER.slice(0, -1)} list:\n${goMapText([...order])}`;
      throw patchFailure(`The order in patch list:\n${lists}\n`);
    }
    at++;
  }
}

type ItemKind = "object" | "list" | "scalar";

function kindOf(value: JsonValue): ItemKind | string {
  if (Array.isArray(value)) return "list";
  return isJsonObject(value) ? "object" : typeof value;
}

function itemKind(original: readonly JsonValue[], patch: readonly JsonValue[]): ItemKind {
  const kinds = new Set([...original, ...patch].map(kindOf));
  if (kinds.has("list")) throw unprocessablePatch("lists of lists are not supported");
  if (kinds.size > 1) {
    const lists = goMapText([[...original], [...patch]]);
    throw patchFailure(`list element types are not identical: ${lists}`);
  }
  return kinds.has("object") ? "object" : "scalar";
}

function wrongArgument(value: JsonValue | undefined): Error {
  return patchFailure(
    `expected a []interface {}, but received a ${value === undefined ? "nothing" : kindOf(value)}`,
  );
}
