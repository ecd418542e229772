/** Puts the registry together: a store for every served resource, and what is not a plain store. */
import { builtinResources, type ResourceInfo } from "@kubets/api";
import type { RegistryOptions } from "./registry-options.ts";
import { resourceKey, type ServedStores, servedStores } from "./served-stores.ts";
import type { Registry, ResourceStore, SubresourceHandler, VirtualResource } from "./store.ts";
import { podBinding } from "./subresources/pod-binding.ts";
import { podEviction } from "./subresources/pod-eviction.ts";
import { scaleOf } from "./subresources/scale.ts";
import { serviceAccountToken } from "./subresources/service-account-token.ts";
import { bindings } from "./virtual/bindings.ts";
import { ComponentStatusStore } from "./virtual/component-statuses.ts";
import { reviewResources } from "./virtual/reviews.ts";

/** Throws a RangeError when an address or port range cannot be read. */
export function createRegistry(options: RegistryOptions): Registry {
  const serves = options.serves ?? servedByDefault;
  const served = servedStores(options, serves);
  const stores = new Map<string, ResourceStore>(served.byVersion);
  for (const info of builtinResources) {
    if (info.resource !== "componentstatuses" || !serves(info)) continue;
    stores.set(resourceKey(info), new ComponentStatusStore(info, options.storage));
  }
  const virtuals = new Map<string, VirtualResource>(
    virtualResources(options, served)
      .filter(({ info }) => serves(info))
      .map((virtual) => [resourceKey(virtual.info), virtual]),
  );
  const handlers = new Map<string, SubresourceHandler>(
    subresourceHandlers(options, served).map((handler) => [handlerKey(handler), handler]),
  );
  const infos = builtinResources.filter((info) => {
    const key = resourceKey(info);
    return stores.has(key) || virtuals.has(key);
  });
  const byKey = new Map(infos.map((info) => [resourceKey(info), info]));

  return {
    resources: () => infos,
    info: (group, version, resource) => byKey.get(resourceKey({ group, version, resource })),
    store: (group, version, resource) => stores.get(resourceKey({ group, version, resource })),
    subresource: (group, resource, subresource) =>
      handlers.get(handlerKey({ resource: { group, resource }, subresource })),
    virtual: (group, version, resource) => virtuals.get(resourceKey({ group, version, resource })),
  };
}

function servedByDefault(info: ResourceInfo): boolean {
  return info.servedByDefault;
}

function handlerKey(handler: Pick<SubresourceHandler, "resource" | "subresource">): string {
  return `${handler.resource.group}/${handler.resource.resource}/${handler.subresource}`;
}

function virtualResources(options: RegistryOptions, served: ServedStores): VirtualResource[] {
  const info = builtinResources.find(({ resource }) => resource === "bindings");
  return [
    ...(options.reviews === undefined ? [] : reviewResources(options.reviews)),
    ...(info === undefined ? [] : [bindings(info, podBinding(served.stored("", "pods")))]),
  ];
}

const scaled = [
  ["", "replicationcontrollers"],
  ["apps", "deployments"],
  ["apps", "replicasets"],
  ["apps", "statefulsets"],
] as const;

function subresourceHandlers(options: RegistryOptions, served: ServedStores): SubresourceHandler[] {
  const pods = served.stored("", "pods");
  const handlers = [
    podBinding(pods),
    podEviction(pods, served.stored("policy", "poddisruptionbudgets")),
    ...scaled.map(([group, resource]) => scaleOf(served.stored(group, resource))),
  ];
  if (options.serviceAccountTokens === undefined) return handlers;
  const token = serviceAccountToken(
    {
      serviceAccounts: served.stored("", "serviceaccounts"),
      pods,
      secrets: served.stored("", "secrets"),
      nodes: served.stored("", "nodes"),
    },
    { ...options.serviceAccountTokens, clock: options.clock },
  );
  return [...handlers, token];
}
