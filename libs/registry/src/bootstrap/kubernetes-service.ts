/** The Service under which pods reach the apiservers, and what says where those are. Pure. */
import { isIPv6 } from "node:net";
import type { Endpoints, Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { parseIPRange } from "../resources/services/ip-range.ts";

export const KUBERNETES = { namespace: "default", name: "kubernetes" } as const;
const PORT_NAME = "https";

/** Upstream: pkg/controlplane/controller/kubernetesservice/controller.go @1.36 */
export function kubernetesService(of: {
  readonly serviceClusterIPRange: readonly string[];
  readonly servicePort: number;
  readonly securePort: number;
}): Service {
  const [range] = of.serviceClusterIPRange;
  if (range === undefined) throw new RangeError("a cluster needs a range of Service addresses");
  const clusterIP = parseIPRange(range).at(0);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      ...KUBERNETES,
      labels: { provider: "kubernetes", component: "apiserver" },
    },
    spec: {
      type: "ClusterIP",
      clusterIP,
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      ports: [
        { name: PORT_NAME, port: of.servicePort, protocol: "TCP", targetPort: of.securePort },
      ],
    },
  };
}

/** Where an apiserver listens. */
export interface ApiserverAddress {
  readonly ip: string;
  readonly port: number;
}

export function kubernetesEndpoints(addresses: readonly ApiserverAddress[]): Endpoints {
  const subsets = byPort(addresses).map(([port, ips]) => ({
    addresses: ips.map((ip) => ({ ip })),
    ports: [{ name: PORT_NAME, port, protocol: "TCP" }],
  }));
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      ...KUBERNETES,
      // The mirroring controller leaves this one to the apiservers.
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    ...(subsets.length > 0 && { subsets }),
  };
}

/** Upstream: pkg/controlplane/reconcilers/endpointsadapter.go @1.36 */
export function kubernetesEndpointSlice(addresses: readonly ApiserverAddress[]): EndpointSlice {
  const [first] = byPort(addresses);
  const [port, ips] = first ?? [0, []];
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...KUBERNETES, labels: { "kubernetes.io/service-name": KUBERNETES.name } },
    addressType: ips.some(isIPv6) ? "IPv6" : "IPv4",
    endpoints: ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: port === 0 ? [] : [{ name: PORT_NAME, port, protocol: "TCP" }],
  };
}

/** The port that most apiservers have comes first: one slice has one set of ports. */
function byPort(addresses: readonly ApiserverAddress[]): [number, string[]][] {
  const groups = new Map<number, string[]>();
  for (const { ip, port } of addresses) {
    const ips = groups.get(port);
    if (ips === undefined) groups.set(port, [ip]);
    else ips.push(ip);
  }
  return [...groups]
    .map(([port, ips]): [number, string[]] => [port, [...new Set(ips)].sort()])
    .sort(([a, left], [b, right]) => right.length - left.length || a - b);
}
