/**
 * All of discovery in one document.
 *
 * Upstream: staging/src/k8s.io/api/apidiscovery/v2/types.go @1.36
 */
import type { ResourceInfo } from "@kubets/api";
import type { ServedGroup } from "./served-groups.ts";

export function aggregatedDiscovery(
  groups: readonly ServedGroup[],
  version: "v2" | "v2beta1",
): object {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: group === "" ? {} : { name: group },
      versions: versions.map((each) => ({
        version: each.version,
        resources: each.resources.map(resourceDiscovery),
        freshness: "Current",
      })),
    })),
  };
}

function resourceDiscovery(info: ResourceInfo): object {
  const subresources = info.subresources.map((sub) => ({
    subresource: sub.name,
    responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
    verbs: sub.verbs,
  }));
  return {
    resource: info.resource,
    ...(info.verbs.length === 0
      ? {}
      : { responseKind: { group: info.group, version: info.version, kind: info.kind } }),
    scope: info.namespaced ? "Namespaced" : "Cluster",
    singularResource: info.singular,
    ...(info.verbs.length === 0 ? {} : { verbs: info.verbs }),
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}
