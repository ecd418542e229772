/**
 * The difference between two statuses of a pod as a strategic merge patch: as small as it can be, and
 * touching only conditions that changed, so that conditions of others are never overwritten.
 *
 * Upstream: pkg/util/pod/pod.go PatchPodStatus @1.36
 */
import type { PodCondition, PodStatus } from "@kubets/api/core/v1";

export interface StatusPatch {
  /** The patch applies to this very pod, not to one of the same name. */
  readonly metadata: { readonly uid: string };
  readonly status: Record<string, unknown>;
}

/** Undefined when there is nothing to change. */
export function statusPatch(uid: string, from: PodStatus, to: PodStatus): StatusPatch | undefined {
  const status: Record<string, unknown> = {};
  const before: Record<string, unknown> = { ...from };
  const after: Record<string, unknown> = { ...to };
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (FOREIGN_FIELDS.has(key) || key === "conditions") continue;
    const [old, value] = [before[key], after[key]];
    if (isEqual(old, value)) continue;
    status[key] =
      key === "podIPs" || key === "hostIPs" ? mergedAddresses(old, value) : (value ?? null);
  }
  const changed = changedConditions(from.conditions ?? [], to.conditions ?? []);
  if (changed.length > 0) {
    status["$setElementOrder/conditions"] = (to.conditions ?? []).map(({ type }) => ({ type }));
    status.conditions = changed;
  }
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid }, status };
}

/** Fields of the status that other components write. */
const FOREIGN_FIELDS: ReadonlySet<string> = new Set([
  "nominatedNodeName",
  "resourceClaimStatuses",
  "extendedResourceClaimStatus",
  "nodeAllocatableResourceClaimStatuses",
  "resize",
]);

function changedConditions(from: readonly PodCondition[], to: readonly PodCondition[]): unknown[] {
  return to.flatMap((condition) => {
    const old = from.find(({ type }) => type === condition.type);
    if (old === undefined) return [condition];
    const change: Record<string, unknown> = {};
    const before: Record<string, unknown> = { ...old };
    const after: Record<string, unknown> = { ...condition };
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (key === "lastProbeTime") continue;
      if (!isEqual(before[key], after[key])) change[key] = after[key] ?? null;
    }
    return Object.keys(change).length === 0 ? [] : [{ ...change, type: condition.type }];
  });
}

/** These lists merge by address: an address that is gone has to be taken out by name. */
function mergedAddresses(old: unknown, value: unknown): unknown[] {
  const [before, after] = [addressList(old), addressList(value)];
  return [
    ...after.map((ip) => ({ ip })),
    ...before.filter((ip) => !after.includes(ip)).map((ip) => ({ $patch: "delete", ip })),
  ];
}

function addressList(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: { ip?: unknown }) => (typeof each.ip === "string" ? [each.ip] : []));
}

/** Deep equality of JSON values; absent and undefined are the same. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => isEqual(value, right.get(key)));
}
