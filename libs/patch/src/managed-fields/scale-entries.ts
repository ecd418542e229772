/**
 * managedFields of a workload as those of its scale and back: of the workload's fields only the number of replicas is
 * a field of both.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go @1.36
 */
import type { ManagedFieldsEntry } from "@kubets/api/meta/v1";
import { childOf, difference, type FieldSet, isEmptySet, isMember } from "./field-set.ts";
import { identityOf, type Managers, readManagers, writeManagers } from "./managed-entries.ts";

const SCALE_VERSION = "autoscaling/v1";
const REPLICAS: FieldSet = { "f:spec": { "f:replicas": {} } };

/** The owners of the number of replicas, as owners of the scale. */
export function entriesOfScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] {
  const managers: Managers = new Map();
  for (const manager of (readManagers(parent) ?? new Map()).values()) {
    if (!ownsReplicas(manager.set)) continue;
    const ofScale = { ...manager, apiVersion: SCALE_VERSION, set: REPLICAS };
    managers.set(identityOf(ofScale), ofScale);
  }
  return writeManagers(managers);
}

/**
 * The workload's entries, in the version that it has now, once those of its scale are as given: who owns the replicas there owns them here, without a time, and
 * whoever does not loses them.
 */
export function entriesOfScaled(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
): ManagedFieldsEntry[] {
  const owners: Managers = new Map();
  for (const manager of (readManagers(scale) ?? new Map()).values()) {
    if (!ownsReplicas(manager.set)) continue;
    const ofParent = { ...manager, apiVersion, time: undefined, set: REPLICAS };
    owners.set(identityOf(ofParent), ofParent);
  }
  const managers: Managers = new Map();
  for (const [identity, manager] of readManagers(parent) ?? new Map()) {
    if (!ownsReplicas(manager.set) || owners.delete(identity)) {
      managers.set(identity, manager);
      continue;
    }
    const set = difference(manager.set, REPLICAS);
    if (!isEmptySet(set)) managers.set(identity, { ...manager, set });
  }
  for (const [identity, owner] of owners) managers.set(identity, owner);
  return writeManagers(managers);
}

function ownsReplicas(set: FieldSet): boolean {
  const spec = childOf(set, "f:spec");
  const replicas = spec && childOf(spec, "f:replicas");
  return replicas !== undefined && isMember(replicas);
}
