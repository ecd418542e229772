/** Where each resource is stored, and how the other served versions are made from that. */
import { apiVersionOf, type ResourceInfo } from "@kubets/api";
import type { Conversion } from "./conversion.ts";
import { horizontalPodAutoscalerConversion } from "./horizontal-pod-autoscalers.ts";
import { renamingConversion } from "./rename-fields.ts";

export interface StoredAs {
  readonly group: string;
  readonly resource: string;
  readonly apiVersion: string;
}

/** Upstream: pkg/apis/events/v1/conversion.go @1.36 */
const eventConversion = renamingConversion(
  { served: "events.k8s.io/v1", stored: "v1" },
  {
    note: "message",
    regarding: "involvedObject",
    reportingController: "reportingComponent",
    deprecatedSource: "source",
    deprecatedFirstTimestamp: "firstTimestamp",
    deprecatedLastTimestamp: "lastTimestamp",
    deprecatedCount: "count",
  },
);

/** Versions of these differ in more than their names, so they are served as stored or not at all. */
const unlike = new Set(["resource.k8s.io/v1beta1"]);

/** The first version of a group that has the resource; events of both groups are one resource. */
export function storedAs(info: ResourceInfo, all: readonly ResourceInfo[]): StoredAs {
  if (info.group === "events.k8s.io" && info.resource === "events") {
    return { group: "", resource: "events", apiVersion: "v1" };
  }
  const { group, resource } = info;
  const first = all.find((one) => one.group === group && one.resource === resource) ?? info;
  return { group, resource, apiVersion: apiVersionOf(first) };
}

/** undefined: the version is the stored one. "none": there is no way between them. */
export function conversionOf(
  info: ResourceInfo,
  stored: StoredAs,
): Conversion | undefined | "none" {
  const served = apiVersionOf(info);
  if (served === stored.apiVersion) return undefined;
  if (served === "events.k8s.io/v1") return eventConversion;
  if (served === "autoscaling/v1") return horizontalPodAutoscalerConversion;
  if (unlike.has(served)) return "none";
  return renamingConversion({ served, stored: stored.apiVersion });
}
