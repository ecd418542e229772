/**
 * metadata.managedFields taken apart by manager and put together again, sorted, capped.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers}.go @1.36
 */
import { formatTime, type JsonObject, type JsonValue, parseTime } from "@kubets/api";
import type { ManagedFieldsEntry } from "@kubets/api/meta/v1";
import { isJsonObject } from "@kubets/schema";
import { type FieldSet, inOrder, isEmptySet, isFieldSet, union } from "./field-set.ts";

/** More managers that update than this share one entry by version. */
const UPDATE_MANAGERS_MAX = 10;
const OLD_UPDATES_MANAGER = "ancient-changes";

export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** By identity: what may have an entry of its own. */
export type Managers = Map<string, Manager>;

/** Appliers are the same over all versions, updaters are not. */
export function identityOf(
  of: Pick<Manager, "manager" | "operation" | "apiVersion" | "subresource">,
): string {
  const version = of.operation === "Apply" ? "" : of.apiVersion;
  return JSON.stringify([of.manager, of.operation, version, of.subresource]);
}

/** Undefined when an entry cannot be read: then nothing of the list counts. */
export function readManagers(
  entries: readonly ManagedFieldsEntry[] | undefined,
): Managers | undefined {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const read = readEntry(entry);
    if (read === undefined) return undefined;
    const identity = identityOf(read);
    const same = managers.get(identity);
    managers.set(
      identity,
      same === undefined ? read : { ...read, set: inOrder(union(same.set, read.set)) },
    );
  }
  return managers;
}

function readEntry(entry: ManagedFieldsEntry): Manager | undefined {
  const { operation, fieldsV1 } = entry;
  if (operation !== "Apply" && operation !== "Update") return undefined;
  if (entry.fieldsType !== undefined && entry.fieldsType !== "FieldsV1") return undefined;
  const set = fieldsV1 === undefined || fieldsV1 === null ? {} : (fieldsV1 as JsonValue);
  if (!isFieldSet(set)) return undefined;
  return {
    manager: entry.manager ?? "",
    operation,
    apiVersion: entry.apiVersion ?? "",
    subresource: entry.subresource ?? "",
    time: entry.time ?? undefined,
    set,
  };
}

/** One entry that says nothing asks to forget all managers. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  const [only] = entries ?? [];
  if (entries?.length !== 1 || only === undefined) return false;
  return Object.values(only).every(
    (value) => value === undefined || value === null || value === "",
  );
}

/** Entries in upstream's order: by operation, time, manager, version, subresource. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] {
  const sorted = [...managers.values()];
  if (sorted.length > 1) sorted.sort(compareManagers);
  return sorted.map((manager) => ({
    ...(manager.manager === "" ? undefined : { manager: manager.manager }),
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? undefined : { time: manager.time }),
    fieldsType: "FieldsV1",
    fieldsV1: manager.set,
    ...(manager.subresource === "" ? undefined : { subresource: manager.subresource }),
  }));
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareTexts(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compareTexts(a.manager, b.manager) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function secondsOf(manager: Manager): number {
  const ms = manager.time === undefined ? undefined : parseTime(manager.time);
  return ms === undefined ? 0 : Math.floor(ms / 1000);
}

/** Takes empty sets out and, beyond the limit, gathers the oldest updates into one entry per version. */
export function tidyManagers(managers: Managers): void {
  for (const [identity, manager] of managers) {
    if (isEmptySet(manager.set)) managers.delete(identity);
  }
  const updaters = [...managers].filter(([, manager]) => manager.operation === "Update");
  if (updaters.length <= UPDATE_MANAGERS_MAX) return;
  updaters.sort(
    ([a, left], [b, right]) => secondsOf(left) - secondsOf(right) || compareTexts(a, b),
  );
  const firstOfVersion = new Map<string, string>();
  let count = updaters.length;
  for (const [identity, manager] of updaters) {
    if (count <= UPDATE_MANAGERS_MAX) return;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, identity);
      continue;
    }
    const bucket = bucketFor(manager);
    const bucketIdentity = identityOf(bucket);
    const gathered = managers.get(bucketIdentity) ?? managers.get(first);
    if (!managers.has(bucketIdentity)) managers.delete(first);
    managers.delete(identity);
    managers.set(bucketIdentity, {
      ...bucket,
      set: inOrder(union(gathered?.set ?? {}, manager.set)),
    });
    count--;
  }
}

/** With the time of the update that goes in, which is the more recent one. */
function bucketFor(manager: Manager): Manager {
  return { ...manager, manager: OLD_UPDATES_MANAGER, subresource: "", set: {} };
}

export function timeText(nowMs: number): string {
  return formatTime(nowMs);
}

/** The entries of an object in JSON form. */
export function entriesOf(object: JsonObject): readonly ManagedFieldsEntry[] | undefined {
  const metadata = object.metadata;
  const entries = isJsonObject(metadata) ? metadata.managedFields : undefined;
  return Array.isArray(entries)
    ? (entries.filter(isJsonObject) as ManagedFieldsEntry[])
    : undefined;
}
