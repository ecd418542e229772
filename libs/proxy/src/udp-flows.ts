/**
 * UDP flows that the kernel would keep sending the old way: conntrack remembers where a flow went, and a client that
 * never pauses never asks the rules again.
 *
 * Upstream: pkg/proxy/conntrack/cleanup.go @1.36
 */
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { endpointsByPort, portKey } from "./endpoints.ts";
import type { Family } from "./rule-set.ts";
import { servicePorts } from "./service-port.ts";
import { chooseEndpoints, type Place } from "./traffic-choice.ts";

/** The UDP destinations of one Service: where flows may come in, and who may have them. */
export type UdpDestinations = ReadonlyMap<string, ReadonlySet<string>>;

/** Which flows to forget. */
export interface FlowFilter {
  /** The address the client asked for; absent for a node port. */
  readonly address?: string;
  readonly port: number;
  /** The endpoint that had the flow; absent: flows of any and of none. */
  readonly endpoint?: string;
}

const destinationKey = (address: string, port: number) => `${address} ${port}`;

export function udpDestinations(
  service: Service,
  slices: readonly EndpointSlice[],
  family: Family,
  place: Place,
): UdpDestinations {
  const found = new Map<string, Set<string>>();
  const ports = servicePorts(service, family).filter(({ protocol }) => protocol === "udp");
  if (ports.length === 0) return found;
  const endpoints = endpointsByPort(slices, family, place.nodeName);
  for (const port of ports) {
    const candidates = endpoints.get(portKey(port.portName, "udp")) ?? [];
    const { cluster, local } = chooseEndpoints(port, candidates, place);
    const addresses = new Set([...cluster, ...local].map(({ address }) => address));
    for (const address of [port.clusterIp, ...port.externalIps, ...port.loadBalancerIps]) {
      found.set(destinationKey(address, port.port), addresses);
    }
    if (port.nodePort !== 0) found.set(destinationKey("", port.nodePort), addresses);
  }
  return found;
}

/** Flows to endpoints that are gone, and flows that went nowhere before somebody was there. */
export function staleFlows(old: UdpDestinations, wanted: UdpDestinations): FlowFilter[] {
  const filters: FlowFilter[] = [];
  for (const key of new Set([...old.keys(), ...wanted.keys()])) {
    const [address = "", port = "0"] = key.split(" ");
    const target = { ...(address === "" ? {} : { address }), port: Number(port) };
    const before = old.get(key) ?? new Set<string>();
    const now = wanted.get(key) ?? new Set<string>();
    if (before.size === 0 && now.size > 0) filters.push(target);
    for (const endpoint of before) if (!now.has(endpoint)) filters.push({ ...target, endpoint });
  }
  return filters;
}

export function conntrackArguments(filter: FlowFilter, family: Family): string[] {
  return [
    "-D",
    "-f",
    family === "ip" ? "ipv4" : "ipv6",
    "-p",
    "udp",
    ...(filter.address === undefined ? [] : ["--orig-dst", filter.address]),
    "--orig-port-dst",
    String(filter.port),
    ...(filter.endpoint === undefined ? [] : ["--dst-nat", filter.endpoint]),
  ];
}
