/**
 * What one object uses of a quota.
 *
 * Upstream: pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go and
 * staging/src/k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go @1.36
 */
import type { PersistentVolumeClaim, Pod, Service } from "../gen/types/core/v1.ts";
import type { GroupVersionResource, KubeObject } from "../object.ts";
import { quantityFromMilli } from "../quantity.ts";
import { podLimits, podRequests, type ResourceAmounts } from "./pod-resources.ts";
import { isPodTerminal } from "./pod-state.ts";

/** Quantities by resource name. */
export type QuotaUsage = Readonly<Record<string, string>>;

/** Resources that had a name of their own before `count/…` came. */
const PLAIN_COUNTS: ReadonlySet<string> = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
]);

const COMPUTE = ["cpu", "memory", "ephemeral-storage"];
const STORAGE_CLASS_SUFFIX = ".storageclass.storage.k8s.io/";
const BETA_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

type Resource = Pick<GroupVersionResource, "group" | "resource">;

export function quotaUsageOf(resource: Resource, object: KubeObject, nowMs: number): QuotaUsage {
  const counted = { [countName(resource)]: "1" };
  if (resource.group !== "" || !PLAIN_COUNTS.has(resource.resource)) return counted;
  switch (resource.resource) {
    case "pods":
      // What has ended uses nothing any more, though it still is an object.
      return isCharged(object as Pod, nowMs) ? { ...counted, ...podUsage(object as Pod) } : counted;
    case "services":
      return { ...counted, ...serviceUsage(object as Service) };
    case "persistentvolumeclaims":
      return { ...counted, ...claimUsage(object as PersistentVolumeClaim) };
    default:
      return { ...counted, [resource.resource]: "1" };
  }
}

function countName({ group, resource }: Resource): string {
  return group === "" ? `count/${resource}` : `count/${resource}.${group}`;
}

/** Which of a quota's names objects of this resource can use. */
export function concernsQuotaName(resource: Resource, name: string): boolean {
  if (name === countName(resource)) return true;
  if (resource.group !== "") return false;
  switch (resource.resource) {
    case "pods":
      return isPodName(name);
    case "services":
      return name === "services" || name.startsWith("services.");
    case "persistentvolumeclaims":
      return (
        name === "persistentvolumeclaims" ||
        name === "requests.storage" ||
        name.includes(STORAGE_CLASS_SUFFIX)
      );
    default:
      return PLAIN_COUNTS.has(resource.resource) && name === resource.resource;
  }
}

function isPodName(name: string): boolean {
  if (name === "pods" || name.startsWith("hugepages-")) return true;
  const plain = name.replace(/^(requests|limits)\./, "");
  if (COMPUTE.includes(plain)) return true;
  // Extended resources are counted by what is asked for.
  return name.startsWith("requests.") && (plain.includes("/") || plain.startsWith("hugepages-"))
    ? !plain.includes(STORAGE_CLASS_SUFFIX)
    : false;
}

function isCharged(pod: Pod, nowMs: number): boolean {
  if (isPodTerminal(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000;
}

function podUsage(pod: Pod): QuotaUsage {
  return { pods: "1", ...quotaComputeUsage(podRequests(pod), podLimits(pod)) };
}

/** What requests and limits of containers use. */
export function quotaComputeUsage(requests: ResourceAmounts, limits: ResourceAmounts): QuotaUsage {
  const usage: Record<string, string> = {};
  for (const [name, milli] of requests) {
    const quantity = formatAmount(name, milli);
    if (COMPUTE.includes(name) || name.startsWith("hugepages-")) usage[name] = quantity;
    if (COMPUTE.includes(name) || name.startsWith("hugepages-") || name.includes("/")) {
      usage[`requests.${name}`] = quantity;
    }
  }
  for (const [name, milli] of limits) {
    if (COMPUTE.includes(name)) usage[`limits.${name}`] = formatAmount(name, milli);
  }
  return usage;
}

function formatAmount(name: string, milli: bigint): string {
  const isBytes =
    name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-");
  return quantityFromMilli(milli, isBytes ? "BinarySI" : "DecimalSI");
}

function serviceUsage({ spec }: Service): QuotaUsage {
  const ports = spec?.ports ?? [];
  let nodePorts = 0;
  let loadBalancers = 0;
  if (spec?.type === "NodePort") nodePorts = ports.length;
  if (spec?.type === "LoadBalancer") {
    loadBalancers = 1;
    nodePorts =
      spec.allocateLoadBalancerNodePorts === false
        ? ports.filter(({ nodePort = 0 }) => nodePort !== 0).length
        : ports.length;
  }
  return {
    services: "1",
    "services.nodeports": String(nodePorts),
    "services.loadbalancers": String(loadBalancers),
  };
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): QuotaUsage {
  const usage: Record<string, string> = { persistentvolumeclaims: "1" };
  const { annotations = {} } = metadata;
  const className =
    (Object.hasOwn(annotations, BETA_CLASS_ANNOTATION)
      ? annotations[BETA_CLASS_ANNOTATION]
      : undefined) ??
    spec?.storageClassName ??
    "";
  if (className !== "") usage[`${className}${STORAGE_CLASS_SUFFIX}persistentvolumeclaims`] = "1";
  const storage = status?.allocatedResources?.storage ?? spec?.resources?.requests?.storage;
  if (storage !== undefined) {
    usage["requests.storage"] = storage;
    if (className !== "") usage[`${className}${STORAGE_CLASS_SUFFIX}requests.storage`] = storage;
  }
  return usage;
}
