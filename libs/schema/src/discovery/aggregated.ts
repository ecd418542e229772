import type { ResourceInfo, SubresourceInfo } from "@kubets/api";
import { servedGroups } from "./api-groups.ts";

/** The versions of aggregated discovery that clients ask for by Accept header; 1.27 knows v2beta1 only. */
export type AggregatedVersion = "v2" | "v2beta1";

function subresource(info: ResourceInfo, sub: SubresourceInfo) {
  const foreign = sub.group !== info.group || sub.version !== info.version;
  return {
    subresource: sub.name,
    // Empty means that of the resource.
    responseKind: {
      group: foreign ? sub.group : "",
      version: foreign ? sub.version : "",
      kind: sub.kind,
    },
    verbs: [...sub.verbs],
  };
}

function resource(info: ResourceInfo) {
  return {
    resource: info.resource,
    responseKind: { group: "", version: "", kind: info.kind },
    scope: info.namespaced ? "Namespaced" : "Cluster",
    singularResource: info.singular,
    verbs: [...info.verbs],
    ...(info.shortNames.length === 0 ? undefined : { shortNames: [...info.shortNames] }),
    ...(info.categories.length === 0 ? undefined : { categories: [...info.categories] }),
    ...(info.subresources.length === 0
      ? undefined
      : { subresources: info.subresources.map((sub) => subresource(info, sub)) }),
  };
}

/**
 * The whole of discovery in one document. `/api` has core alone and `/apis` everything else.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/discovery/aggregated @1.36
 */
export function aggregatedDiscovery(
  resources: readonly ResourceInfo[],
  path: "/api" | "/apis",
  apiVersion: AggregatedVersion,
) {
  const items = servedGroups(resources)
    .filter(({ group }) => (group === "") === (path === "/api"))
    .map(({ group, versions }) => ({
      metadata: group === "" ? {} : { name: group },
      versions: versions.map((version) => ({
        version,
        resources: resources
          .filter((info) => info.group === group && info.version === version)
          .map(resource),
        freshness: "Current",
      })),
    }));
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${apiVersion}`,
    metadata: {},
    items,
  };
}
