/**
 * Which families a Service has: as it says, as its addresses say, or as the cluster has them.
 *
 * Upstream: pkg/registry/core/service/storage/alloc.go initIPFamilyFields @1.36
 */
import { invalid } from "@kubets/api";
import type { ServiceSpec } from "@kubets/api/core/v1";
import type { StatusCause } from "@kubets/api/meta/v1";
import { serviceAddressProblems } from "@kubets/schema";
import { familyOf, type IPFamily } from "./ip-address.ts";
import { hasSelector, isHeadless, NONE, sameTexts } from "./service-draft.ts";

/** The families the cluster has ranges for, the primary one first. */
export type ClusterFamilies = readonly [IPFamily, ...IPFamily[]];

/** Fills ipFamilyPolicy and ipFamilies of `spec`, which the caller owns. Throws a StatusError 422. */
export function setIPFamilies(
  spec: ServiceSpec,
  old: Readonly<ServiceSpec> | undefined,
  cluster: ClusterFamilies,
  name: string,
): void {
  if (spec.type === "ExternalName" || keepsPreferDualStack(spec, old)) return;
  setPolicy(spec, old);
  refuse(name, serviceAddressProblems(spec));
  refuse(name, [...shrink(spec, old), ...checkCounts(spec), ...inferFamilies(spec, cluster)]);
  const primary = cluster[0];
  if (isHeadless(spec) && !hasSelector(spec)) {
    // Nothing is allocated and nothing is proxied, so both families are fine on any cluster.
    if (!spec.ipFamilies?.length) spec.ipFamilies = [primary];
    if (spec.ipFamilyPolicy !== "SingleStack") addOtherFamily(spec);
    return;
  }
  refuse(name, checkConfigured(spec, cluster));
  if (!spec.ipFamilies?.length) spec.ipFamilies = [primary];
  if (spec.ipFamilyPolicy !== "SingleStack" && cluster.length === 2) addOtherFamily(spec);
}

/** Upstream: isMatchingPreferDualStackClusterIPFields: a change of the cluster changes no Service. */
export function keepsPreferDualStack(
  spec: Readonly<ServiceSpec>,
  old: Readonly<ServiceSpec> | undefined,
): boolean {
  return (
    old !== undefined &&
    spec.type === old.type &&
    spec.ipFamilyPolicy === "PreferDualStack" &&
    (old.ipFamilyPolicy ?? "PreferDualStack") === "PreferDualStack" &&
    sameTexts(spec.clusterIPs, old.clusterIPs) &&
    sameTexts(spec.ipFamilies, old.ipFamilies)
  );
}

function setPolicy(spec: ServiceSpec, old: Readonly<ServiceSpec> | undefined): void {
  if (spec.ipFamilyPolicy !== undefined) return;
  if (old?.ipFamilyPolicy) spec.ipFamilyPolicy = old.ipFamilyPolicy;
  else if (isHeadless(spec) && !hasSelector(spec)) spec.ipFamilyPolicy = "RequireDualStack";
  else spec.ipFamilyPolicy = "SingleStack";
}

/** Going from two families to one is what SingleStack asks for and nothing else may do. */
function shrink(spec: ServiceSpec, old: Readonly<ServiceSpec> | undefined): StatusCause[] {
  if (old === undefined) return [];
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (spec.ipFamilyPolicy === "SingleStack") {
    if (clusterIPs.length > 1 && sameTexts(clusterIPs, old.clusterIPs)) {
      spec.clusterIPs = clusterIPs.slice(0, 1);
    }
    if (ipFamilies.length > 1 && sameTexts(ipFamilies, old.ipFamilies)) {
      spec.ipFamilies = ipFamilies.slice(0, 1);
    }
    return [];
  }
  const causes: StatusCause[] = [];
  if (clusterIPs.length > 0 && clusterIPs.length < (old.clusterIPs?.length ?? 0)) {
    causes.push(policyCause(spec, "must be 'SingleStack' to release the secondary cluster IP"));
  }
  if (ipFamilies.length > 0 && ipFamilies.length < (old.ipFamilies?.length ?? 0)) {
    causes.push(policyCause(spec, "must be 'SingleStack' to release the secondary IP family"));
  }
  return causes;
}

function checkCounts(spec: Readonly<ServiceSpec>): StatusCause[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return [];
  const causes: StatusCause[] = [];
  const must = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (spec.clusterIPs?.length === 2) {
    causes.push(policyCause(spec, `${must} cluster IPs are specified`));
  }
  if (spec.ipFamilies?.length === 2) {
    causes.push(policyCause(spec, `${must} IP families are specified`));
  }
  return causes;
}

function inferFamilies(spec: ServiceSpec, cluster: ClusterFamilies): StatusCause[] {
  const causes: StatusCause[] = [];
  const families = [...(spec.ipFamilies ?? [])];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === NONE) break;
    const family = familyOf(ip);
    if (i < families.length || family === undefined) continue;
    if (cluster.includes(family)) families.push(family);
    else {
      causes.push({
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(spec.clusterIPs)}: ${family} is not configured on this cluster`,
        field: `spec.clusterIPs[${i}]`,
      });
    }
  }
  if (families.length > 0) spec.ipFamilies = families;
  return causes;
}

function checkConfigured(spec: Readonly<ServiceSpec>, cluster: ClusterFamilies): StatusCause[] {
  const causes: StatusCause[] = [];
  if (spec.ipFamilyPolicy === "RequireDualStack" && cluster.length < 2) {
    causes.push(policyCause(spec, "this cluster is not configured for dual-stack services"));
  }
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (cluster.some((one) => one === family)) continue;
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(family)}: not configured on this cluster`,
      field: `spec.ipFamilies[${i}]`,
    });
  }
  return causes;
}

function addOtherFamily(spec: ServiceSpec): void {
  const [first, second] = spec.ipFamilies ?? [];
  if (first === undefined || second !== undefined) return;
  spec.ipFamilies = [first, first === "IPv4" ? "IPv6" : "IPv4"];
}

function policyCause(spec: Readonly<ServiceSpec>, why: string): StatusCause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(spec.ipFamilyPolicy)}: ${why}`,
    field: "spec.ipFamilyPolicy",
  };
}

function refuse(name: string, causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw invalid({ group: "", kind: "Service" }, name, causes);
}
