/** EndpointSlices of one Service into the endpoints of each of its ports. */
import type { Endpoint as ApiEndpoint, EndpointSlice } from "@kubets/api/discovery/v1";
import { addressFamily } from "./addresses.ts";
import type { Family, Protocol } from "./rule-set.ts";
import { protocolOf } from "./service-port.ts";

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly isLocal: boolean;
  readonly isReady: boolean;
  /** Takes traffic while it ends, when nobody better is there. */
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** By port name and protocol: "http/tcp". */
export type EndpointsByPort = ReadonlyMap<string, readonly Endpoint[]>;

export const portKey = (portName: string, protocol: Protocol) => `${portName}/${protocol}`;

/**
 * One address and port counts once: while a slice is split, an endpoint is in two of them for a moment.
 *
 * Upstream: pkg/proxy/endpointslicecache.go @1.36
 */
export function endpointsByPort(
  slices: readonly EndpointSlice[],
  family: Family,
  nodeName: string,
): EndpointsByPort {
  const byPort = new Map<string, Map<string, Endpoint>>();
  const addressType = family === "ip" ? "IPv4" : "IPv6";
  // The same order every time gives the same rules every time.
  const sorted = slices
    .filter((slice) => slice.addressType === addressType)
    .sort((a, b) => compare(a.metadata.name ?? "", b.metadata.name ?? ""));
  for (const slice of sorted) {
    for (const { name = "", protocol, port } of slice.ports ?? []) {
      const known = protocolOf(protocol);
      // A slice without a port number describes something that is no destination.
      if (known === undefined || port === undefined || port === 0) continue;
      const key = portKey(name, known);
      const found = byPort.get(key) ?? new Map<string, Endpoint>();
      byPort.set(key, found);
      for (const endpoint of slice.endpoints ?? []) add(found, endpoint, port, family, nodeName);
    }
  }
  return new Map([...byPort].map(([key, found]) => [key, [...found.values()].sort(byAddress)]));
}

function add(
  found: Map<string, Endpoint>,
  endpoint: ApiEndpoint,
  port: number,
  family: Family,
  nodeName: string,
): void {
  // Upstream too: the addresses of one endpoint are interchangeable, and the first stands for it.
  const address = endpoint.addresses[0] ?? "";
  if (addressFamily(address) !== family) return;
  const { ready, serving, terminating } = endpoint.conditions ?? {};
  const isReady = ready ?? true;
  const value: Endpoint = {
    address,
    port,
    isLocal: endpoint.nodeName !== undefined && endpoint.nodeName === nodeName,
    isReady,
    isServing: serving ?? isReady,
    isTerminating: terminating ?? false,
    zoneHints: (endpoint.hints?.forZones ?? []).map(({ name }) => name),
    nodeHints: (endpoint.hints?.forNodes ?? []).map(({ name }) => name),
  };
  const key = `${address} ${port}`;
  const other = found.get(key);
  if (other === undefined || (!other.isReady && value.isReady)) found.set(key, value);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byAddress = (a: Endpoint, b: Endpoint) => compare(a.address, b.address) || a.port - b.port;
