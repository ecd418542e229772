/**
 * What a namespace uses of a quota, counted anew. Admission adds to it; this takes away what is gone.
 *
 * Upstream: pkg/controller/resourcequota/resource_quota_controller.go syncResourceQuota,
 * k8s.io/apiserver/pkg/quota/v1 CalculateUsage @1.36
 */
import {
  addQuantities,
  compareQuantities,
  concernsQuotaName,
  type KubeObject,
  type QuotaUsage,
  quotaCounts,
  quotaUsageOf,
  type ResourceInfo,
} from "@kubets/api";
import type { ResourceQuota, ResourceQuotaStatus } from "@kubets/api/core/v1";

export interface CountedResource {
  readonly info: Pick<ResourceInfo, "group" | "resource">;
  /** Those of the quota's namespace. */
  readonly objects: readonly KubeObject[];
}

/** Resources that a quota can count, once each. */
export function quotableResources(resources: readonly ResourceInfo[]): ResourceInfo[] {
  const seen = new Set<string>();
  return resources.filter((info) => {
    const name = `${info.resource}.${info.group}`;
    const isQuotable =
      info.namespaced &&
      info.servedByDefault &&
      (["create", "list", "watch", "delete"] as const).every((verb) => info.verbs.includes(verb));
    if (!isQuotable || seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

export function isConcerned(
  quota: ResourceQuota,
  info: Pick<ResourceInfo, "group" | "resource">,
): boolean {
  return Object.keys(quota.spec?.hard ?? {}).some((name) => concernsQuotaName(info, name));
}

/** Undefined: it says so already. */
export function planQuota(
  quota: ResourceQuota,
  counted: readonly CountedResource[],
  nowMs: number,
): ResourceQuotaStatus | undefined {
  const hard = quota.spec?.hard ?? {};
  const before = quota.status ?? {};
  const used: Record<string, string> = {};
  for (const { info, objects } of counted) {
    const names = Object.keys(hard).filter((name) => concernsQuotaName(info, name));
    for (const name of names) used[name] = "0";
    for (const object of objects) {
      if (!quotaCounts(quota, object)) continue;
      const usage = quotaUsageOf(info, object, nowMs);
      for (const name of names) {
        const amount = usage[name];
        if (amount !== undefined) used[name] = addQuantities(used[name] ?? "0", amount);
      }
    }
  }
  // What nobody counts keeps the figure that somebody wrote.
  for (const [name, amount] of Object.entries(before.used ?? {})) {
    if (Object.hasOwn(hard, name)) used[name] ??= amount;
  }
  const isSame = isSameAmounts(before.hard, hard) && isSameAmounts(before.used, used);
  return isSame ? undefined : { hard: { ...hard }, used };
}

function isSameAmounts(a: QuotaUsage | undefined, b: QuotaUsage): boolean {
  if (a === undefined) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [left, right] = [a[name], b[name]];
      return left !== undefined && right !== undefined && compareQuantities(left, right) === 0;
    })
  );
}

/** Whether the object uses less, or counts otherwise, than before: admission does not see that. */
export function isReplenishing(
  info: Pick<ResourceInfo, "group" | "resource">,
  change: { readonly old: KubeObject; readonly current: KubeObject },
  quota: ResourceQuota,
  nowMs: number,
): boolean {
  const usage = (object: KubeObject) =>
    quotaCounts(quota, object) ? quotaUsageOf(info, object, nowMs) : {};
  const [before, after] = [usage(change.old), usage(change.current)];
  const names = Object.keys(quota.spec?.hard ?? {});
  return names.some((name) => compareQuantities(after[name] ?? "0", before[name] ?? "0") < 0);
}
