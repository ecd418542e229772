/** Services and slices as short as tests want them. */
import type { Service, ServiceSpec } from "@kubets/api/core/v1";
import type { Endpoint, EndpointSlice } from "@kubets/api/discovery/v1";
import type { RuleSettings } from "../family-rules.ts";

export function service(name: string, spec: Partial<ServiceSpec> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name },
    spec: {
      type: "ClusterIP",
      clusterIP: "10.96.0.20",
      clusterIPs: ["10.96.0.20"],
      ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }],
      ...spec,
    },
  };
}

export interface SliceOptions {
  readonly name?: string;
  readonly port?: number;
  readonly portName?: string;
  readonly protocol?: string;
}

export function slice(
  serviceName: string,
  endpoints: readonly Partial<Endpoint>[],
  { name = serviceName, port = 8080, portName = "", protocol = "TCP" }: SliceOptions = {},
): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      namespace: "default",
      name,
      labels: { "kubernetes.io/service-name": serviceName },
    },
    addressType: "IPv4",
    endpoints: endpoints.map((endpoint) => ({ addresses: [], ...endpoint })),
    ports: [{ name: portName, port, protocol }],
  };
}

/** Of a Service without endpoints, as the API gives it: required lists that are empty are null. */
export function emptySlice(serviceName: string): EndpointSlice {
  const { metadata, addressType } = slice(serviceName, []);
  return JSON.parse(
    JSON.stringify({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, name: `${serviceName}-empty` },
      addressType,
      endpoints: null,
      ports: null,
    }),
  );
}

export const settings: RuleSettings = {
  place: { nodeName: "node-1", zone: "zone-1", addresses: ["10.200.0.11"] },
  localMode: { mode: "ClusterCIDR", cidrs: ["10.244.0.0/16"] },
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: ["10.200.0.11"],
  serviceCidrs: ["10.96.0.0/16"],
};
