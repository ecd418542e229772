/** What the records are made of: the cluster as the informers have it, with the indexes that queries need. */
import type { Namespace, Pod, Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import type { IndexFunction, StoreReader } from "@kubets/client";

export interface ClusterView {
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): Service | undefined;
  servicesByAddress(address: string): readonly Service[];
  slices(namespace: string, service: string): readonly EndpointSlice[];
  slicesByAddress(address: string): readonly EndpointSlice[];
  /** For pod records that are checked; absent: every address has one. */
  hasPod?(namespace: string, address: string): boolean;
}

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
const BY_SERVICE = "service";
const BY_ADDRESS = "address";

export const serviceNameOf = (slice: EndpointSlice): string =>
  slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? "";

export const serviceIndexers: Readonly<Record<string, IndexFunction<Service>>> = {
  [BY_ADDRESS]: ({ spec }) => clusterAddresses(spec),
};
export const sliceIndexers: Readonly<Record<string, IndexFunction<EndpointSlice>>> = {
  [BY_SERVICE]: (slice) => [`${slice.metadata.namespace ?? ""}/${serviceNameOf(slice)}`],
  // A slice without endpoints is written with null.
  [BY_ADDRESS]: ({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses),
};
export const podIndexers: Readonly<Record<string, IndexFunction<Pod>>> = {
  [BY_ADDRESS]: ({ metadata, status }) =>
    (status?.podIPs ?? []).map(({ ip }) => `${metadata.namespace ?? ""} ${ip}`),
};

/** Empty for headless Services and external names. */
export function clusterAddresses(spec: Service["spec"]): string[] {
  if (spec === undefined || spec.type === "ExternalName") return [];
  const all = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return all.filter((address) => address !== "" && address !== "None");
}

export interface Stores {
  readonly namespaces: StoreReader<Namespace>;
  readonly services: StoreReader<Service>;
  readonly slices: StoreReader<EndpointSlice>;
  readonly pods?: StoreReader<Pod>;
}

export function clusterView({ namespaces, services, slices, pods }: Stores): ClusterView {
  return {
    hasNamespace: (name) => namespaces.get(name) !== undefined,
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    servicesByAddress: (address) => services.byIndex(BY_ADDRESS, address),
    slices: (namespace, service) => slices.byIndex(BY_SERVICE, `${namespace}/${service}`),
    slicesByAddress: (address) => slices.byIndex(BY_ADDRESS, address),
    ...(pods === undefined
      ? {}
      : {
          hasPod: (namespace: string, address: string) =>
            pods.byIndex(BY_ADDRESS, `${namespace} ${address}`).length > 0,
        }),
  };
}
