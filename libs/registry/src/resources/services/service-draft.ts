import type { ServicePort, ServiceSpec } from "@kubets/api/core/v1";
import type { AnyObject, Draft } from "../../draft.ts";

export const NONE = "None";

/** The spec of a service under way, copied so that it can be filled in. */
export function ownSpec(draft: Draft): ServiceSpec {
  const spec = { ...(draft.spec as ServiceSpec | undefined) };
  draft.spec = spec;
  return spec;
}

export function specOf(object: AnyObject | Draft): Readonly<ServiceSpec> {
  return (object.spec as ServiceSpec | undefined) ?? {};
}

export function isHeadless(spec: Readonly<ServiceSpec>): boolean {
  return spec.clusterIP === NONE || spec.clusterIPs?.[0] === NONE;
}

export function hasSelector(spec: Readonly<ServiceSpec>): boolean {
  return spec.selector !== undefined && Object.keys(spec.selector).length > 0;
}

/** A type that there is not is validation's matter. Upstream: registry/core/service/strategy.go needsClusterIP @1.36 */
export function needsClusterIP({ type }: Readonly<ServiceSpec>): boolean {
  return type !== "ExternalName";
}

/** Upstream: pkg/api/service/util.go NeedsHealthCheck @1.36 */
export function needsHealthCheckNodePort(spec: Readonly<ServiceSpec>): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

export function mayHaveNodePorts({ type }: Readonly<ServiceSpec>): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

/** Whether ports without a number get one. */
export function allocatesNodePorts(spec: Readonly<ServiceSpec>): boolean {
  if (spec.type === "NodePort") return true;
  return spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false;
}

export function nodePortsOf(spec: Readonly<ServiceSpec>): number[] {
  return (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));
}

/** The cluster IPs a service holds claims for. */
export function heldClusterIPs(spec: Readonly<ServiceSpec>): readonly string[] {
  if (spec.type === "ExternalName" || isHeadless(spec)) return [];
  return (spec.clusterIPs ?? []).filter((ip) => ip !== "");
}

/** The node ports a service holds claims for, the one of its health check too. */
export function heldNodePorts(spec: Readonly<ServiceSpec>): readonly number[] {
  const healthCheck = needsHealthCheckNodePort(spec) ? spec.healthCheckNodePort : undefined;
  return [...new Set([...nodePortsOf(spec), ...(healthCheck ? [healthCheck] : [])])];
}

export function sameTexts(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): boolean {
  const left = a ?? [];
  const right = b ?? [];
  return left.length === right.length && left.every((text, i) => text === right[i]);
}

export function withNodePort(port: ServicePort, nodePort: number): ServicePort {
  return { ...port, nodePort };
}
