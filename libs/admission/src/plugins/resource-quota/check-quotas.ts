/**
 * Whether one request fits into the quotas of its namespace, and what they say when it does.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go CheckRequest @1.36
 */
import {
  addQuantities,
  compareQuantities,
  concernsQuotaName,
  type QuotaUsage,
  quotaComputeUsage,
  quotaCounts,
  quotaUsageOf,
  resourceAmounts,
  subtractQuantities,
} from "@kubets/api";
import type { Container, Pod, ResourceQuota } from "@kubets/api/core/v1";
import { forbiddenByAdmission } from "../../forbidden-by-admission.ts";
import { isPod } from "../../object-kinds.ts";
import type { AdmissionRequest } from "../../plugin.ts";

/** The same array when the request uses nothing of any quota. Throws StatusError 403 when it does not fit. */
export function chargeQuotas(
  quotas: readonly ResourceQuota[],
  request: AdmissionRequest,
  nowMs: number,
): readonly ResourceQuota[] {
  const { object, oldObject, resource } = request;
  if (object === undefined) return quotas;
  const counting = new Set<ResourceQuota>();
  for (const quota of quotas) {
    const names = hardNames(quota).filter((name) => concernsQuotaName(resource, name));
    if (names.length === 0 || !quotaCounts(quota, object)) continue;
    if (isPod(object)) checkStated(request, quota, names, object);
    checkKnown(request, quota, names);
    counting.add(quota);
  }
  if (counting.size === 0) return quotas;
  const now = quotaUsageOf(resource, object, nowMs);
  const negative = Object.keys(now).filter((name) => compareQuantities(now[name] ?? "0", "0") < 0);
  if (negative.length > 0) {
    throw forbiddenByAdmission(
      request,
      `quota usage is negative for resource(s): ${negative.sort().join(",")}`,
    );
  }
  // An update that creates is charged in full.
  const isUpdate = request.operation === "UPDATE" && oldObject?.metadata.resourceVersion;
  const delta =
    isUpdate && oldObject ? difference(now, quotaUsageOf(resource, oldObject, nowMs)) : now;
  const charged = Object.entries(delta).filter(
    ([, amount]) => compareQuantities(amount, "0") !== 0,
  );
  if (charged.length === 0) return quotas;
  return quotas.map((quota) => (counting.has(quota) ? charge(request, quota, charged) : quota));
}

function hardNames(quota: ResourceQuota): string[] {
  return Object.keys(quota.status?.hard ?? {});
}

function charge(
  request: AdmissionRequest,
  quota: ResourceQuota,
  charged: readonly (readonly [string, string])[],
): ResourceQuota {
  const { hard = {}, used = {} } = quota.status ?? {};
  const requested = charged.filter(([name]) => Object.hasOwn(hard, name));
  if (requested.length === 0) return quota;
  const after: Record<string, string> = { ...used };
  const exceeded: string[] = [];
  for (const [name, amount] of requested) {
    const total = addQuantities(used[name] ?? "0", amount);
    after[name] = total;
    if (compareQuantities(total, hard[name] ?? "0") > 0) exceeded.push(name);
  }
  if (exceeded.length > 0) {
    const show = (amounts: QuotaUsage) =>
      exceeded
        .toSorted()
        .map((name) => `${name}=${amounts[name] ?? "0"}`)
        .join(",");
    throw forbiddenByAdmission(
      request,
      `exceeded quota: ${quota.metadata.name ?? ""}, requested: ${show(Object.fromEntries(requested))}, used: ${show(used)}, limited: ${show(hard)}`,
    );
  }
  return { ...quota, status: { ...quota.status, used: after } };
}

/** The quota controller has not looked yet: nobody knows whether there is room. */
function checkKnown(
  request: AdmissionRequest,
  quota: ResourceQuota,
  names: readonly string[],
): void {
  const used = quota.status?.used ?? {};
  if (names.every((name) => Object.hasOwn(used, name))) return;
  throw forbiddenByAdmission(
    request,
    `status unknown for quota: ${quota.metadata.name ?? ""}, resources: ${names.toSorted().join(",")}`,
  );
}

const STATED: ReadonlySet<string> = new Set([
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);

/** Where processor or memory is counted, every container has to say how much it wants. */
function checkStated(
  request: AdmissionRequest,
  quota: ResourceQuota,
  names: readonly string[],
  pod: Pod,
): void {
  const required = names.filter((name) => STATED.has(name)).sort();
  if (required.length === 0) return;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const missing = required.flatMap((name) => {
    if (podStates(pod, name)) return [];
    const silent = containers.filter((container) => !states(container, name));
    const containerNames = silent.map((container) => container.name).sort();
    return silent.length === 0 ? [] : [`${name} for: ${containerNames.join(",")}`];
  });
  if (missing.length === 0) return;
  throw forbiddenByAdmission(
    request,
    `failed quota: ${quota.metadata.name ?? ""}: must specify ${missing.join("; ")}`,
  );
}

function states({ resources }: Container, name: string): boolean {
  const usage = quotaComputeUsage(
    resourceAmounts(resources?.requests),
    resourceAmounts(resources?.limits),
  );
  return Object.hasOwn(usage, name);
}

/** Resources of the pod as a whole speak for its containers. */
function podStates({ spec }: Pod, name: string): boolean {
  const { resources } = spec ?? {};
  if (resources === undefined) return false;
  const usage = quotaComputeUsage(
    resourceAmounts(resources.requests),
    resourceAmounts(resources.limits),
  );
  return Object.hasOwn(usage, name);
}

function difference(now: QuotaUsage, before: QuotaUsage): QuotaUsage {
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  return Object.fromEntries(
    [...names].map((name) => [name, subtractQuantities(now[name] ?? "0", before[name] ?? "0")]),
  );
}
