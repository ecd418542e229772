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

/** The UDP destinations of one Service: where flows may come in, and who may have them ("10.244.0.5 53"). */
export type UdpDestinations = ReadonlyMap<string, ReadonlySet<string>>;

/** What the kernel remembers of a flow. */
export interface UdpFlow {
  /** Where the client sent it. */
  readonly address: string;
  readonly port: number;
  /** Who answers: "10.244.0.5 53". */
  readonly endpoint: string;
}

/** Which flows to forget. */
export interface FlowFilter {
  /** The address the client asked for; absent for a node port. */
  readonly address?: string;
  readonly port: number;
  /** The endpoint that had the flow, "10.244.0.5 53"; absent: flows of any and of none. */
  readonly endpoint?: string;
}

const destinationKey = (address: string, port: number) => `${address} ${port}`;

export function udpDestinations(
  service: Service,
  slices: readonly EndpointSlice[],
  family: Family,
  nodeName: string,
): UdpDestinations {
  const found = new Map<string, Set<string>>();
  const ports = servicePorts(service, family).filter(({ protocol }) => protocol === "udp");
  if (ports.length === 0) return found;
  const endpoints = endpointsByPort(slices, family, nodeName);
  for (const port of ports) {
    const candidates = endpoints.get(portKey(port.portName, "udp")) ?? [];
    // As TCP connections do, flows outlive a change of policy, hints or readiness; only who has stopped serving loses them.
    const serving = candidates.filter(({ isServing }) => isServing);
    const addresses = new Set(serving.map((endpoint) => `${endpoint.address} ${endpoint.port}`));
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

/** Of flows from before this process: those whose endpoint serves no more. Others go on. */
export function staleAmong(
  flows: readonly UdpFlow[],
  wanted: Iterable<UdpDestinations>,
): FlowFilter[] {
  const endpoints = new Map<string, ReadonlySet<string>>();
  for (const destinations of wanted) {
    for (const [key, servers] of destinations) if (servers.size > 0) endpoints.set(key, servers);
  }
  return flows
    .filter(({ address, port, endpoint }) => {
      const servers =
        endpoints.get(destinationKey(address, port)) ?? endpoints.get(destinationKey("", port));
      return servers !== undefined && !servers.has(endpoint);
    })
    .map(({ address, port, endpoint }) => ({ address, port, endpoint }));
}

const FLOW = /^udp .*? dst=(\S+) sport=\d+ dport=(\d+) .*? ?src=(\S+) dst=\S+ sport=(\d+)/;

/** Of what `conntrack -L` says. */
export function readFlows(text: string): UdpFlow[] {
  return text.split("\n").flatMap((line) => {
    const [, address, port, endpoint, endpointPort] = FLOW.exec(line) ?? [];
    if (address === undefined) return [];
    return [{ address, port: Number(port), endpoint: `${endpoint} ${endpointPort}` }];
  });
}

export function conntrackArguments(filter: FlowFilter, family: Family): string[] {
  const [endpoint = "", endpointPort = ""] = filter.endpoint?.split(" ") ?? [];
  return [
    "-D",
    "-f",
    family === "ip" ? "ipv4" : "ipv6",
    "-p",
    "udp",
    ...(filter.address === undefined ? [] : ["--orig-dst", filter.address]),
    "--orig-port-dst",
    String(filter.port),
    ...(endpoint === "" ? [] : ["--reply-src", endpoint, "--reply-port-src", endpointPort]),
  ];
}
