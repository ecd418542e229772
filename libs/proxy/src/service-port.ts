/** What the proxy reads of a Service, one value for each port and address family. */
import type { Service } from "@kubets/api/core/v1";
import { addressFamily, cidrFamily } from "./addresses.ts";
import type { Family, Protocol } from "./rule-set.ts";

export interface ServicePort {
  /** namespace/name */
  readonly service: string;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIp: string;
  readonly nodePort: number;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  /** Who may use the load balancer's addresses; none: everybody. */
  readonly sourceRanges: readonly string[];
  /** Absent: no affinity. */
  readonly affinitySeconds?: number;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
}

const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Upstream: pkg/proxy/serviceport.go newBaseServiceInfo and pkg/proxy/util ShouldSkipService @1.36 */
export function servicePorts(service: Service, family: Family): ServicePort[] {
  const { spec } = service;
  if (spec === undefined || spec.type === "ExternalName") return [];
  const clusterIp = [...(spec.clusterIPs ?? []), spec.clusterIP ?? ""].find(
    (address) => addressFamily(address) === family,
  );
  // Headless Services ("None") and those without an address of this family.
  if (clusterIp === undefined) return [];
  const ofFamily = (addresses: readonly string[]) =>
    addresses.filter((address) => addressFamily(address) === family);
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const common = {
    service: `${service.metadata.namespace ?? ""}/${service.metadata.name ?? ""}`,
    clusterIp,
    externalIps: ofFamily(spec.externalIPs ?? []),
    // An address whose mode is Proxy is answered by the load balancer itself.
    loadBalancerIps: ofFamily(
      ingress
        .filter(({ ipMode }) => ipMode === undefined || ipMode === "VIP")
        .map(({ ip }) => ip ?? ""),
    ),
    sourceRanges: sourceRanges(spec.loadBalancerSourceRanges ?? [], family),
    ...(spec.sessionAffinity === "ClientIP"
      ? {
          affinitySeconds:
            spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS,
        }
      : {}),
    internalLocal: spec.internalTrafficPolicy === "Local",
    externalLocal: spec.externalTrafficPolicy === "Local",
  };
  return (spec.ports ?? []).flatMap((port) => {
    const protocol = protocolOf(port.protocol);
    if (protocol === undefined) return [];
    return [
      {
        ...common,
        portName: port.name ?? "",
        protocol,
        port: port.port,
        nodePort: port.nodePort ?? 0,
      },
    ];
  });
}

/** A range of everything is the same as no range: everybody may. */
function sourceRanges(ranges: readonly string[], family: Family): readonly string[] {
  const own = ranges.map((range) => range.trim()).filter((range) => cidrFamily(range) === family);
  return own.some((range) => range.endsWith("/0")) ? [] : own;
}

export function protocolOf(name: string | undefined): Protocol | undefined {
  switch (name) {
    case undefined:
    case "":
    case "TCP":
      return "tcp";
    case "UDP":
      return "udp";
    case "SCTP":
      return "sctp";
    default:
      return undefined;
  }
}

/** Whether traffic from outside the cluster can reach it. */
export const isExternal = (port: ServicePort): boolean =>
  port.nodePort !== 0 || port.externalIps.length > 0 || port.loadBalancerIps.length > 0;
