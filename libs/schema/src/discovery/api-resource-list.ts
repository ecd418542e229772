import { apiVersionOf, type ResourceInfo, type SubresourceInfo } from "@kubets/api";
import type { APIResource } from "@kubets/api/meta/v1";

function resourceRow(info: ResourceInfo): APIResource {
  return {
    name: info.resource,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: [...info.verbs],
    ...(info.shortNames.length === 0 ? undefined : { shortNames: [...info.shortNames] }),
    ...(info.categories.length === 0 ? undefined : { categories: [...info.categories] }),
    ...(info.storageVersionHash === undefined
      ? undefined
      : { storageVersionHash: info.storageVersionHash }),
  };
}

function subresourceRow(info: ResourceInfo, sub: SubresourceInfo): APIResource {
  const foreign = sub.group !== info.group || sub.version !== info.version;
  return {
    name: `${info.resource}/${sub.name}`,
    singularName: "",
    namespaced: info.namespaced,
    ...(foreign ? { group: sub.group, version: sub.version } : undefined),
    kind: sub.kind,
    verbs: [...sub.verbs],
  };
}

/** What `/api/v1` and `/apis/GROUP/VERSION` answer; undefined where nothing of it is served. */
export function apiResourceList(
  resources: readonly ResourceInfo[],
  groupVersion: { readonly group: string; readonly version: string },
) {
  const { group, version } = groupVersion;
  const own = resources.filter((info) => info.group === group && info.version === version);
  if (own.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    // Upstream leaves it out for core, which is older than the field.
    ...(group === "" ? undefined : { apiVersion: "v1" }),
    groupVersion: apiVersionOf(groupVersion),
    resources: own.flatMap((info) => [
      resourceRow(info),
      ...info.subresources.map((sub) => subresourceRow(info, sub)),
    ]),
  };
}
