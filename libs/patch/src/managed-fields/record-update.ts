/**
 * Who owns which field after a write that is not an apply: every field the write added or changed goes to its
 * manager and away from the others; a field that is gone is gone from all.
 *
 * It belongs right after decoding and defaulting, before admission and before a strategy prepares the object,
 * so that what the server fills in has no owner.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/fieldmanager.go Update and the
 * managers it chains; structured-merge-diff merge/update.go @1.36
 */
import type { JsonObject, KubeObject, SchemaTable, TypeSchema } from "@kubets/api";
import type { ManagedFieldsEntry } from "@kubets/api/meta/v1";
import { decodeStrict } from "@kubets/schema";
import { type Comparison, compareObjects, MissingKeyError } from "./compare.ts";
import { FieldKinds, type StructKind } from "./field-kind.ts";
import {
  difference,
  type FieldSet,
  inOrder,
  intersection,
  isEmptySet,
  recursiveDifference,
  union,
} from "./field-set.ts";
import {
  entriesOf,
  identityOf,
  isReset,
  type Manager,
  type Managers,
  readManagers,
  tidyManagers,
  timeText,
  writeManagers,
} from "./managed-entries.ts";
import { addedFields } from "./new-object-fields.ts";
import { withoutStripped } from "./stripped-fields.ts";

export interface RecordUpdateOptions {
  /** The stored object; absent on create. */
  readonly live?: KubeObject | undefined;
  /** As it is to be, defaulted; the managedFields it carries count as upstream counts them. */
  readonly updated: KubeObject;
  readonly manager: string;
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
  readonly nowMs: number;
  readonly type: TypeSchema;
  /** Fields that the strategy resets on this write and nobody comes to own, such as { "f:status": {} }. */
  readonly resetFields?: FieldSet | undefined;
}

/** The managedFields of the object to store; neither argument is changed. */
export type RecordUpdate = (options: RecordUpdateOptions) => ManagedFieldsEntry[];

export function createRecordUpdate(table: SchemaTable): RecordUpdate {
  const kinds = new FieldKinds(table);
  return (options) => {
    const managers = currentManagers(options);
    const kind = kinds.struct(options.type);
    if (managers.size === 0) {
      if (options.live === undefined) return recordCreate(kind, options);
      // An object of which nobody keeps account stays like that until the first apply.
      if (options.live.metadata.uid) return [];
    }
    const live = asJson(options.live) ?? zeroObject(options.type);
    let comparison: Comparison;
    try {
      comparison = compareObjects(kind, live, asJson(options.updated) ?? {});
    } catch (error) {
      // Upstream lets the write through and leaves the owners as they were.
      if (error instanceof MissingKeyError) return writeManagers(managers);
      throw error;
    }
    const { resetFields = {} } = options;
    const changed = recursiveDifference(union(comparison.modified, comparison.added), resetFields);
    const removed = recursiveDifference(comparison.removed, resetFields);
    takeAway(managers, changed, removed);
    const taken = withoutStripped(difference(changed, removed));
    if (!isEmptySet(taken)) give(managers, taken, options);
    tidyManagers(managers);
    return writeManagers(managers);
  };
}

/** Everything that a new object has beyond an empty one, which nobody can have owned before. */
function recordCreate(kind: StructKind, options: RecordUpdateOptions): ManagedFieldsEntry[] {
  const { type, updated, resetFields = {} } = options;
  const taken = ownedByCreator(kind, type, asJson(updated) ?? {}, resetFields);
  if (isEmptySet(taken)) return [];
  return writeManagers(new Map([["", gainedBy(options, taken)]]));
}

/** What is owned by who makes an object like this one. */
export function ownedByCreator(
  kind: StructKind,
  type: TypeSchema,
  object: JsonObject,
  resetFields: FieldSet,
): FieldSet {
  const added = addedFields(kind, zeroObject(type), object);
  return withoutStripped(recursiveDifference(added ?? {}, resetFields));
}

/** What a client sends as managedFields counts, unless it is nothing or unreadable; on a subresource never. */
function currentManagers({ live, updated, subresource }: RecordUpdateOptions): Managers {
  const stored = (): Managers => readManagers(entriesOf(asJson(live) ?? {})) ?? new Map();
  if (subresource !== "") return stored();
  const sent = entriesOf(asJson(updated) ?? {});
  if (isReset(sent)) return new Map();
  const managers = readManagers(sent);
  return managers === undefined || managers.size === 0 ? stored() : managers;
}

function takeAway(managers: Managers, changed: FieldSet, removed: FieldSet): void {
  for (const [identity, manager] of managers) {
    const lost = intersection(manager.set, changed);
    let set = isEmptySet(lost) ? manager.set : difference(manager.set, lost);
    set = difference(set, removed);
    if (set !== manager.set) managers.set(identity, { ...manager, set });
  }
}

function gainedBy(options: RecordUpdateOptions, set: FieldSet): Manager {
  return {
    manager: options.manager,
    operation: "Update",
    apiVersion: options.apiVersion,
    subresource: options.subresource,
    time: timeText(options.nowMs),
    set,
  };
}

/** The time of an entry moves only when it gains a field. */
function give(managers: Managers, set: FieldSet, options: RecordUpdateOptions): void {
  const gained = gainedBy(options, set);
  const identity = identityOf(gained);
  const previous = managers.get(identity);
  const all = previous === undefined ? set : union(previous.set, set);
  managers.set(identity, { ...gained, set: all === previous?.set ? all : inOrder(all) });
}

const zeroObjects = new WeakMap<TypeSchema, JsonObject>();

/** What Go has before a create: an empty object, in which plain structs already stand. */
export function zeroObject(type: TypeSchema): JsonObject {
  const known = zeroObjects.get(type);
  if (known !== undefined) return known;
  const zero = decodeStrict(type, {}).object;
  zeroObjects.set(type, zero);
  return zero;
}

/** Typed objects are their JSON form; their interfaces only lack the index signature. */
function asJson(object: KubeObject | undefined): JsonObject | undefined {
  return object as unknown as JsonObject | undefined;
}
