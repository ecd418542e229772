/** A small cluster for questions: a web Service, a headless one with named pods, an external name. */
import type { Namespace, Pod, Service, ServiceSpec } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";

export const namespace = (name: string): Namespace => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});

export const service = (name: string, spec: Partial<ServiceSpec>): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "default", name },
  spec,
});

export interface EndpointFacts {
  readonly address: string;
  readonly hostname?: string;
  readonly ready?: boolean;
}

export const slice = (
  name: string,
  endpoints: readonly EndpointFacts[],
  ports: EndpointSlice["ports"] = [{ name: "http", protocol: "TCP", port: 8080 }],
): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    namespace: "default",
    name,
    labels: { "kubernetes.io/service-name": name },
  },
  addressType: "IPv4",
  endpoints: endpoints.map(({ address, hostname, ready = true }) => ({
    addresses: [address],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
  })),
  ports,
});

/** Of a Service without endpoints, as the API gives it: required lists that are empty are null. */
export const emptySlice = (name: string): EndpointSlice => {
  const { metadata, addressType } = slice(name, []);
  return JSON.parse(
    JSON.stringify({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, name: `${name}-empty` },
      addressType,
      endpoints: null,
      ports: null,
    }),
  );
};

export const pod = (name: string, address: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "default", name },
  status: { podIPs: [{ ip: address }] },
});

export const NAMESPACES = [namespace("default"), namespace("empty")];
export const SERVICES: readonly Service[] = [
  service("web", {
    clusterIP: "10.96.0.20",
    clusterIPs: ["10.96.0.20", "fd00::20"],
    ports: [
      { name: "http", port: 80, protocol: "TCP" },
      { name: "stats", port: 8125, protocol: "UDP" },
    ],
  }),
  service("pets", {
    clusterIP: "None",
    clusterIPs: ["None"],
    ports: [{ name: "http", port: 80, protocol: "TCP" }],
  }),
  service("nobody", { clusterIP: "None", clusterIPs: ["None"], ports: [] }),
  service("out", { type: "ExternalName", externalName: "www.example.com" }),
  service("alias", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }),
];
export const SLICES: readonly EndpointSlice[] = [
  slice("pets", [
    { address: "10.244.0.5", hostname: "pets-0" },
    { address: "10.244.1.5", hostname: "pets-1" },
    { address: "10.244.1.6" },
    { address: "10.244.1.7", hostname: "pets-9", ready: false },
  ]),
  slice("web", [{ address: "10.244.0.9" }]),
  emptySlice("nobody"),
  emptySlice("pets"),
];
