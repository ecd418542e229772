/** Upstream: pkg/api/service/warnings.go, pkg/registry/{core,discovery}/…/strategy.go Warnings @1.36 */
import type { JsonObject } from "@kubets/api";
import { entryOf, isZero, itemsAt, objectAt, textAt, textsAt } from "../json-fields.ts";
import { Path, SPEC, STATUS } from "../validation/path.ts";
import { warnOfCidr, warnOfIp } from "./ip-warnings.ts";
import type { Warn } from "./warn.ts";

const HINTS = "service.kubernetes.io/topology-aware-hints";
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const OWN_SLICES: ReadonlySet<string | undefined> = new Set([
  "endpointslice-controller.k8s.io",
  "endpointslicemirroring-controller.k8s.io",
]);
const ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by";

export function warnOfService(service: JsonObject, warn: Warn): void {
  const spec = objectAt(service, "spec") ?? {};
  const { type, clusterIP } = spec;
  if (entryOf(objectAt(objectAt(service, "metadata"), "annotations"), HINTS) !== undefined) {
    warn(
      `annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    );
  }
  if (clusterIP !== "None" && textAt(spec, "clusterIP") !== "") {
    textsAt(spec, "clusterIPs").forEach((ip, i) => {
      warnOfIp(ip, SPEC.child("clusterIPs").index(i), warn);
    });
  }
  const isHeadless = type === "ClusterIP" && clusterIP === "None";
  const hasExternal = !isZero(spec.externalIPs);
  if (isHeadless) {
    const ignored = "is ignored for headless services";
    if (!isZero(spec.loadBalancerIP)) warn(`spec.loadBalancerIP ${ignored}`);
    if (hasExternal) warn(`spec.externalIPs ${ignored}`);
    if (spec.sessionAffinity !== "None") warn(`spec.SessionAffinity ${ignored}`);
  }
  textsAt(spec, "externalIPs").forEach((ip, i) => {
    warnOfIp(ip, SPEC.child("externalIPs").index(i), warn);
  });
  if (hasExternal && !isHeadless && type !== "ExternalName") {
    warn("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  warnOfIp(textAt(spec, "loadBalancerIP"), SPEC.child("loadBalancerIP"), warn);
  textsAt(spec, "loadBalancerSourceRanges").forEach((range, i) => {
    warnOfCidr(range, SPEC.child("loadBalancerSourceRanges").index(i), warn);
  });
  if (type === "ExternalName" && hasExternal) {
    warn('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (type !== "ExternalName" && !isZero(spec.externalName)) {
    warn('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === "PreferClose") {
    warn('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
}

export function warnOfServiceStatus(service: JsonObject, warn: Warn): void {
  const at = STATUS.child("loadBalancer").child("ingress");
  const balancer = objectAt(objectAt(service, "status"), "loadBalancer");
  itemsAt(balancer, "ingress").forEach((entry, i) => {
    warnOfIp(textAt(entry, "ip"), at.index(i), warn);
  });
}

export function warnOfEndpoints(endpoints: JsonObject, warn: Warn): void {
  const labels = objectAt(objectAt(endpoints, "metadata"), "labels");
  if (entryOf(labels, ENDPOINTS_MANAGED_BY) === "endpoint-controller") return;
  itemsAt(endpoints, "subsets").forEach((subset, i) => {
    for (const field of ["addresses", "notReadyAddresses"]) {
      const at = Path.of("subsets").index(i).child(field);
      itemsAt(subset, field).forEach((address, j) => {
        warnOfIp(textAt(address, "ip"), at.index(j).child("ip"), warn);
      });
    }
  });
}

export function warnOfSlice(slice: JsonObject, isNew: boolean, warn: Warn): void {
  if (isNew && slice.addressType === "FQDN") {
    warn("spec.addressType: FQDN endpoints are deprecated");
  }
  if (OWN_SLICES.has(entryOf(objectAt(objectAt(slice, "metadata"), "labels"), MANAGED_BY))) return;
  itemsAt(slice, "endpoints").forEach((endpoint, i) => {
    const at = Path.of("endpoints").index(i).child("addresses");
    textsAt(endpoint, "addresses").forEach((address, j) => {
      warnOfIp(address, at.index(j), warn);
    });
  });
}
