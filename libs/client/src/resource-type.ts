import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { ResourceType } from "./client.ts";

/** Names a resource and binds it to its type: `resourceType<Pod>("", "v1", "pods", true)`. */
export function resourceType<T extends KubeObject = KubeObject>(
  group: string,
  version: string,
  resource: string,
  namespaced: boolean,
): ResourceType<T> {
  return { group, version, resource, namespaced };
}

/** For resources that discovery found. */
export function resourceTypeOf(info: ResourceInfo): ResourceType {
  return resourceType(info.group, info.version, info.resource, info.namespaced);
}
