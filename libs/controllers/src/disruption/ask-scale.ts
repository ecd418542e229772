/**
 * Asks the server how many pods a controller wants, whatever its kind.
 *
 * Upstream: pkg/controller/disruption/disruption.go getScaleController @1.36
 */
import { isStatusError, parseApiVersion, type ResourceInfo } from "@kubets/api";
import type { Scale } from "@kubets/api/autoscaling/v1";
import type { OwnerReference } from "@kubets/api/meta/v1";
import { type Reader, resourceType } from "@kubets/client";
import type { AskedScale } from "./expected-scale.ts";

export async function askScale(
  client: Pick<Reader, "get">,
  resources: readonly ResourceInfo[],
  target: { readonly namespace: string; readonly reference: OwnerReference },
  signal: AbortSignal,
): Promise<AskedScale> {
  const { kind, apiVersion, name } = target.reference;
  const { group, version } = parseApiVersion(apiVersion) ?? { group: "", version: apiVersion };
  const served = resources.filter((each) => each.kind === kind && each.group === group);
  const info = served.find((each) => each.version === version) ?? served[0];
  if (info === undefined) {
    const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
    return { kind: "unscalable", message };
  }
  if (!info.subresources.some((subresource) => subresource.name === "scale")) {
    const resource = group === "" ? info.resource : `${info.resource}.${group}`;
    return { kind: "unscalable", message: `${resource} does not implement the scale subresource` };
  }
  const type = resourceType<Scale>(group, info.version, info.resource, info.namespaced);
  try {
    const { metadata, spec } = await client.get(type, target.namespace, name, {
      subresource: "scale",
      signal,
    });
    return { kind: "found", uid: metadata.uid ?? "", replicas: spec?.replicas ?? 0 };
  } catch (error) {
    if (isStatusError(error, "NotFound")) return { kind: "gone" };
    throw error;
  }
}
