/** Upstream: pkg/printers/internalversion/printers.go @1.36 */
import type {
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  Namespace,
  Node,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from "@kubets/api/core/v1";
import { since } from "../human-duration.ts";
import { containerCells, firstThree, labelsText, NONE, UNKNOWN } from "../text-cells.ts";

export function namespaceCells({ metadata, status }: Namespace, nowMs: number): unknown[] {
  return [metadata.name, status?.phase ?? "", since(metadata.creationTimestamp, nowMs)];
}

export function configMapCells({ metadata, data, binaryData }: ConfigMap, nowMs: number) {
  const count = Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
  return [metadata.name, count, since(metadata.creationTimestamp, nowMs)];
}

export function secretCells({ metadata, type, data }: Secret, nowMs: number): unknown[] {
  const count = Object.keys(data ?? {}).length;
  return [metadata.name, type ?? "", count, since(metadata.creationTimestamp, nowMs)];
}

export function serviceAccountCells({ metadata }: ServiceAccount, nowMs: number): unknown[] {
  return [metadata.name, since(metadata.creationTimestamp, nowMs)];
}

export function endpointsCells({ metadata, subsets }: Endpoints, nowMs: number): unknown[] {
  const list = (subsets ?? []).flatMap(({ addresses = [], ports }) =>
    ports === undefined || ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
  );
  const text = subsets === undefined || subsets.length === 0 ? NONE : firstThree(list, "");
  return [metadata.name, text, since(metadata.creationTimestamp, nowMs)];
}
function hostPort(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export function nodeCells({ metadata, spec, status }: Node, nowMs: number): unknown[] {
  const info = status?.nodeInfo;
  return [
    metadata.name,
    nodeStatus(status?.conditions ?? [], spec?.unschedulable ?? false),
    nodeRoles(metadata.labels ?? {}),
    since(metadata.creationTimestamp, nowMs),
    info?.kubeletVersion ?? "",
    addressOf(status, "InternalIP"),
    addressOf(status, "ExternalIP"),
    info?.osImage || UNKNOWN,
    info?.kernelVersion || UNKNOWN,
    info?.containerRuntimeVersion || UNKNOWN,
  ];
}
function nodeStatus(
  conditions: readonly { readonly type: string; readonly status: string }[],
  unschedulable: boolean,
): string {
  const ready = conditions.findLast(({ type }) => type === "Ready");
  const known = ready?.status === "True" ? "Ready" : "NotReady";
  const status = ready === undefined ? "Unknown" : known;
  return unschedulable ? `${status},SchedulingDisabled` : status;
}
const ROLE_PREFIX = "node-role.kubernetes.io/";
function nodeRoles(labels: { readonly [key: string]: string }): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(ROLE_PREFIX)) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === "kubernetes.io/role") roles.add(value);
  }
  roles.delete("");
  return [...roles].sort().join(",") || NONE;
}
function addressOf(status: Node["status"], type: string): string {
  return status?.addresses?.find((one) => one.type === type)?.address ?? NONE;
}

export function serviceCells({ metadata, spec = {}, status }: Service, nowMs: number): unknown[] {
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol = "" }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return [
    metadata.name,
    spec.type ?? "",
    spec.clusterIPs?.[0] ?? NONE,
    externalIP(spec, status),
    ports.join(",") || NONE,
    since(metadata.creationTimestamp, nowMs),
    labelsText(spec.selector),
  ];
}
function externalIP(spec: NonNullable<Service["spec"]>, status: Service["status"]): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return external.join(",") || NONE;
    case "LoadBalancer": {
      const ingress = (status?.loadBalancer?.ingress ?? []).map(
        ({ ip, hostname }) => ip || hostname || "",
      );
      const addresses = [...new Set(ingress.filter((one) => one !== ""))].sort();
      return [...addresses, ...external].join(",") || "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return UNKNOWN;
  }
}

export function eventCells(event: Event, nowMs: number): unknown[] {
  const { metadata, involvedObject, series, firstTimestamp, lastTimestamp, eventTime } = event;
  const first = since(firstTimestamp || eventTime, nowMs);
  const last = lastTimestamp ? since(lastTimestamp, nowMs) : first;
  const { kind = "", name = "", fieldPath = "" } = involvedObject;
  const component = event.source?.component || event.reportingComponent || "";
  const instance = event.source?.host || event.reportingInstance || "";
  return [
    series ? since(series.lastObservedTime, nowMs) : last,
    event.type ?? "",
    event.reason ?? "",
    name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`,
    fieldPath,
    instance === "" ? component : `${component}, ${instance}`,
    (event.message ?? "").trim(),
    first,
    series ? (series.count ?? 0) : event.count || 1,
    metadata.name,
  ];
}

export function replicationControllerCells(
  { metadata, spec, status }: ReplicationController,
  nowMs: number,
): unknown[] {
  return [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    since(metadata.creationTimestamp, nowMs),
    ...containerCells(spec?.template?.spec?.containers),
    labelsText(spec?.selector),
  ];
}

export function podTemplateCells({ metadata, template }: PodTemplate): unknown[] {
  const containers = containerCells(template?.spec?.containers);
  return [metadata.name, ...containers, labelsText(template?.metadata?.labels)];
}

export function resourceQuotaCells({ metadata, status }: ResourceQuota, nowMs: number): unknown[] {
  const requests: string[] = [];
  const limits: string[] = [];
  for (const [name, hard] of Object.entries(status?.hard ?? {}).sort(byName)) {
    const text = `${name}: ${status?.used?.[name] ?? "0"}/${hard}`;
    (name.startsWith("limits.") ? limits : requests).push(text);
  }
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, requests.join(", "), limits.join(", "), age];
}
function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}

export function componentStatusCells({ metadata, conditions }: ComponentStatus): unknown[] {
  const healthy = conditions?.find(({ type }) => type === "Healthy");
  const known = healthy?.status === "True" ? "Healthy" : "Unhealthy";
  const status = healthy === undefined ? "Unknown" : known;
  return [metadata.name, status, healthy?.message ?? "", healthy?.error ?? ""];
}
