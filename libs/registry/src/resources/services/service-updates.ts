/**
 * What an update of a Service leaves out and means to keep, and what a change of type makes meaningless.
 *
 * Upstream: pkg/registry/core/service/strategy.go patchAllocatedValues, dropTypeDependentFields and
 * storage/storage.go normalizeClusterIPs @1.36
 */
import type { ServiceSpec } from "@kubets/api/core/v1";
import {
  mayHaveNodePorts,
  needsClusterIP,
  needsHealthCheckNodePort,
  nodePortsOf,
  sameTexts,
  withNodePort,
} from "./service-draft.ts";

/** clusterIP and the first of clusterIPs are one value; a client may know only the first. */
export function alignClusterIPs(spec: ServiceSpec, old?: Readonly<ServiceSpec>): void {
  if (old === undefined) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = old.clusterIP ?? "";
  const now = spec.clusterIP ?? "";
  if (now === before || !sameTexts(spec.clusterIPs, old.clusterIPs)) return;
  if (now === "") spec.clusterIPs = undefined;
  else spec.clusterIPs = [now, ...(spec.clusterIPs ?? []).slice(1)];
}

export function keepAllocated(spec: ServiceSpec, old: Readonly<ServiceSpec>): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && spec.clusterIP === old.clusterIP && old.clusterIPs) {
      spec.clusterIPs = old.clusterIPs;
    }
  }
  if (mayHaveNodePorts(old) && mayHaveNodePorts(spec)) keepNodePorts(spec, old);
  if (needsHealthCheckNodePort(old) && needsHealthCheckNodePort(spec)) {
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
  }
}

/** By the name of the port, unless the new ports use the number elsewhere. */
function keepNodePorts(spec: ServiceSpec, old: Readonly<ServiceSpec>): void {
  if (!spec.ports?.some(({ nodePort }) => !nodePort)) return;
  const now = new Set(nodePortsOf(spec));
  const used = new Set(nodePortsOf(old).filter((port) => now.has(port)));
  const byName = new Map((old.ports ?? []).map(({ name = "", nodePort }) => [name, nodePort]));
  spec.ports = spec.ports.map((port) => {
    const before = port.nodePort ? undefined : byName.get(port.name ?? "");
    return before && !used.has(before) ? withNodePort(port, before) : port;
  });
}

/** Fields of the old type go with it, unless the client set them anew. */
export function dropForType(spec: ServiceSpec, old: Readonly<ServiceSpec>): void {
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    if (spec.clusterIP === old.clusterIP && sameTexts(spec.clusterIPs, old.clusterIPs)) {
      spec.clusterIP = undefined;
      spec.clusterIPs = undefined;
    }
    if (sameTexts(spec.ipFamilies, old.ipFamilies)) spec.ipFamilies = undefined;
    if (spec.ipFamilyPolicy === old.ipFamilyPolicy) spec.ipFamilyPolicy = undefined;
  }
  if (mayHaveNodePorts(old) && !mayHaveNodePorts(spec) && samePorts(spec, old)) {
    spec.ports = spec.ports?.map((port) => ({ ...port, nodePort: undefined }));
  }
  if (needsHealthCheckNodePort(old) && !needsHealthCheckNodePort(spec)) {
    if (spec.healthCheckNodePort === old.healthCheckNodePort) spec.healthCheckNodePort = undefined;
  }
  if (old.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
      spec.allocateLoadBalancerNodePorts = undefined;
    }
    if (spec.loadBalancerClass === old.loadBalancerClass) spec.loadBalancerClass = undefined;
  }
  if (isReachable(old) && !isReachable(spec)) {
    if (spec.externalTrafficPolicy === old.externalTrafficPolicy) {
      spec.externalTrafficPolicy = undefined;
    }
  }
}

/** Upstream: pkg/api/service/util.go ExternallyAccessible @1.36 */
function isReachable(spec: Readonly<ServiceSpec>): boolean {
  return (
    mayHaveNodePorts(spec) || (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0)
  );
}

function samePorts(spec: Readonly<ServiceSpec>, old: Readonly<ServiceSpec>): boolean {
  const before = nodePortsOf(old);
  return nodePortsOf(spec).every((port) => before.includes(port));
}
