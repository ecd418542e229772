/**
 * Server-side apply: merges a configuration into the stored object, field by field, and keeps account of who
 * applied what.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/{structuredmerge,lastappliedmanager,
 * lastappliedupdater}.go; structured-merge-diff merge/update.go Apply @1.36
 */
import {
  badRequest,
  type JsonObject,
  type KubeObject,
  type SchemaTable,
  type TypeSchema,
} from "@kubets/api";
import { applyDefaults, cloneJson, decodeStrict, isJsonObject } from "@kubets/schema";
import { type Comparison, compareObjects } from "../managed-fields/compare.ts";
import { FieldKinds, type StructKind } from "../managed-fields/field-kind.ts";
import {
  difference,
  equalSets,
  type FieldSet,
  inOrder,
  intersection,
  isEmptySet,
  recursiveDifference,
  union,
} from "../managed-fields/field-set.ts";
import { jsonEqual } from "../managed-fields/json-equal.ts";
import {
  entriesOf,
  identityOf,
  type Manager,
  type Managers,
  readManagers,
  tidyManagers,
  timeText,
  writeManagers,
} from "../managed-fields/managed-entries.ts";
import { ownedByCreator, zeroObject } from "../managed-fields/record-update.ts";
import { withoutStripped } from "../managed-fields/stripped-fields.ts";
import { patchFailure } from "../patch-error.ts";
import { applyConflict, type Conflict } from "./apply-conflict.ts";
import { checkApplied, ScalarShapes } from "./check-applied.ts";
import { clientSideApplied, KUBECTL_MANAGER, withLastApplied } from "./last-applied.ts";
import { prune } from "./prune.ts";
import { fieldSetOf, mergeTyped } from "./typed-object.ts";

export interface ApplyServerSideOptions {
  /** The stored object; absent when the apply creates it. */
  readonly live?: KubeObject | undefined;
  /** The configuration as the client sent it, parsed only. */
  readonly applied: JsonObject;
  readonly manager: string;
  readonly force: boolean;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly nowMs: number;
  readonly type: TypeSchema;
  /** Fields that the strategy resets on this write and nobody comes to own. */
  readonly resetFields?: FieldSet | undefined;
}

/**
 * The object to store, decoded and defaulted, with its managedFields; neither argument is changed. Throws
 * StatusError: 400 and 500 for what cannot be applied, 409 with a cause for each field that is another's.
 */
export type ApplyServerSide = (options: ApplyServerSideOptions) => KubeObject;

export function createApplyServerSide(table: SchemaTable): ApplyServerSide {
  const kinds = new FieldKinds(table);
  const shapes = new ScalarShapes(table);
  return (options) => {
    const { applied, type } = options;
    const kind = kinds.struct(type);
    checkVersion(options);
    const problems = checkApplied(kind, applied, shapes, type);
    if (problems.length > 0) throw cannotBeTyped(options, problems);
    const live = withoutManagedFields(liveObject(options));
    const current = readManagers(entriesOf((options.live as unknown as JsonObject) ?? {}));
    if (current === undefined) throw patchFailure("failed to decode managed fields");
    if (current.size === 0 && options.live !== undefined) {
      rememberBefore(options, kind, live, current);
    }
    const result = applyOrUpgrade(options, kind, live, current);
    tidyManagers(result.managers);
    const draft = decodeStrict(type, cloneJson(result.object)).object;
    applyDefaults(draft);
    const updated = result.isChanged ? withLastApplied(draft, options) : draft;
    if (options.live !== undefined && jsonEqual(updated, live)) {
      keepTimes(result.managers, current);
    }
    return withManagedFields(updated, result.managers);
  };
}

const BEFORE_FIRST_APPLY = "before-first-apply";

/**
 * The first apply to an object of which nobody kept account: what it has belongs to somebody, or the apply would take it.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/skipnonapplied.go @1.36
 */
function rememberBefore(
  { apiVersion, subresource, nowMs, type, resetFields = {} }: ApplyServerSideOptions,
  kind: StructKind,
  live: JsonObject,
  managers: Managers,
): void {
  const set = ownedByCreator(kind, type, live, resetFields);
  if (isEmptySet(set)) return;
  const before: Manager = {
    manager: BEFORE_FIRST_APPLY,
    operation: "Update",
    apiVersion,
    subresource,
    time: timeText(nowMs),
    set,
  };
  managers.set(identityOf(before), before);
}

/**
 * What an apply adds can be nothing once it is decoded, such as an empty map: then no time moves either.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/fieldmanager/equality.go @1.36
 */
function keepTimes(managers: Managers, before: Managers): void {
  for (const [identity, manager] of managers) {
    const last = before.get(identity);
    if (last === undefined || !equalSets(manager.set, last.set)) return;
  }
  for (const [identity, manager] of managers) {
    managers.set(identity, { ...manager, time: before.get(identity)?.time });
  }
}

interface Applied {
  readonly object: JsonObject;
  readonly managers: Managers;
  readonly isChanged: boolean;
}

/** Conflicts with what kubectl itself applied from the client's side are no conflicts for kubectl. */
function applyOrUpgrade(
  options: ApplyServerSideOptions,
  kind: StructKind,
  live: JsonObject,
  managers: Managers,
): Applied {
  const attempt = applyTo(options, kind, live, managers, options.force);
  if (!("conflicts" in attempt)) return attempt;
  const allowed = options.manager === KUBECTL_MANAGER ? clientSideApplied(kind, live) : {};
  const left = attempt.conflicts
    .map(({ manager, set }) => ({ manager, set: difference(set, allowed) }))
    .filter(({ set }) => !isEmptySet(set));
  if (left.length > 0) throw applyConflict(left);
  const forced = applyTo(options, kind, live, managers, true);
  if ("conflicts" in forced) throw applyConflict(forced.conflicts);
  return forced;
}

function applyTo(
  options: ApplyServerSideOptions,
  kind: StructKind,
  live: JsonObject,
  before: Managers,
  force: boolean,
): Applied | { readonly conflicts: readonly Conflict[] } {
  const managers: Managers = new Map(before);
  const { applied, resetFields = {} } = options;
  const merged = mergeTyped(kind, live, applied);
  const set = recursiveDifference(fieldSetOf(kind, applied), resetFields);
  const own: Manager = {
    manager: options.manager,
    operation: "Apply",
    apiVersion: options.apiVersion,
    subresource: options.subresource,
    time: undefined,
    set,
  };
  const identity = identityOf(own);
  const last = before.get(identity);
  managers.set(identity, { ...own, time: last?.time });
  let object = isJsonObject(merged) ? merged : {};
  if (last !== undefined && !isEmptySet(last.set)) object = prune(kind, object, managers, last.set);
  const comparison = compareObjects(kind, live, object);
  const conflicts = settle(managers, identity, comparison, resetFields, force);
  if (conflicts.length > 0) return { conflicts };
  const isChanged = !jsonEqual(live, object);
  const time = isChanged ? timeText(options.nowMs) : last?.time;
  managers.set(identity, { ...own, time, set: inOrder(withoutStripped(set)) });
  return { object, managers, isChanged };
}

/** Takes from the others what the apply changes (when forced) or removes; gives the conflicts otherwise. */
function settle(
  managers: Managers,
  applier: string,
  comparison: Comparison,
  resetFields: FieldSet,
  force: boolean,
): Conflict[] {
  const changed = recursiveDifference(union(comparison.modified, comparison.added), resetFields);
  const removed = recursiveDifference(comparison.removed, resetFields);
  const conflicts: Conflict[] = [];
  for (const [identity, manager] of managers) {
    if (identity === applier) continue;
    const set = intersection(manager.set, changed);
    if (!isEmptySet(set)) conflicts.push({ manager, set });
  }
  if (conflicts.length > 0 && !force) return conflicts;
  for (const [identity, manager] of managers) {
    if (identity === applier) continue;
    const set = difference(difference(manager.set, intersection(manager.set, changed)), removed);
    if (set !== manager.set) managers.set(identity, { ...manager, set });
  }
  return [];
}

function checkVersion({ applied, apiVersion }: ApplyServerSideOptions): void {
  const version = typeof applied.apiVersion === "string" ? applied.apiVersion : "";
  if (version !== apiVersion) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${version}, expected: ${apiVersion}`,
    );
  }
  const metadata = applied.metadata;
  if (
    isJsonObject(metadata) &&
    metadata.managedFields !== undefined &&
    metadata.managedFields !== null
  ) {
    throw badRequest("metadata.managedFields must be nil");
  }
}

function cannotBeTyped(
  { applied, apiVersion, type }: ApplyServerSideOptions,
  problems: readonly string[],
): Error {
  const metadata = isJsonObject(applied.metadata) ? applied.metadata : {};
  const { name, namespace } = metadata;
  const groupVersion = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  const what = `${textOf(namespace)}/${textOf(name)}; ${groupVersion}, Kind=${type.root?.kind ?? ""}`;
  const [only] = problems;
  const why =
    problems.length === 1 && only !== undefined
      ? only
      : `errors:\n${problems.map((problem) => `  ${problem}\n`).join("")}`;
  return patchFailure(`failed to create typed patch object (${what}): ${why}`);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function liveObject({ live, type, applied }: ApplyServerSideOptions): JsonObject {
  if (live !== undefined) return live as unknown as JsonObject;
  const { apiVersion, kind } = applied;
  return {
    ...zeroObject(type),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
  };
}

function withoutManagedFields(object: JsonObject): JsonObject {
  if (!isJsonObject(object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function withManagedFields(object: JsonObject, managers: Managers): KubeObject {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const managedFields = writeManagers(managers);
  const owned = managedFields.length === 0 ? metadata : { ...metadata, managedFields };
  return { ...object, metadata: owned } as unknown as KubeObject;
}
