/**
 * Turns changes of pods into keys of the Services that select them, when the change is one that Services see.
 *
 * Upstream: pkg/controller/util/endpoint/controller_utils.go GetServicesToUpdateOnPodChange @1.36
 */
import { isPodReady, isPodTerminal, isPodTerminating } from "@kubets/api";
import type { Pod, Service } from "@kubets/api/core/v1";
import { type Informer, objectKey } from "@kubets/client";
import { SERVICE_SELECTOR_INDEX, selectorIndexValue } from "../manager/informer-indexes.ts";

export function followServicePods(
  pods: Informer<Pod>,
  services: Informer<Service>,
  onService: (key: string) => void,
): void {
  pods.onChange(({ old, current }) => {
    const isSeen = old === undefined || current === undefined;
    const isRelabelled = !isSeen && !hasSameLabels(old, current);
    if (!isSeen && !isRelabelled && endpointState(old) === endpointState(current)) return;
    const keys = new Set<string>();
    for (const pod of [old, current]) {
      if (pod === undefined) continue;
      for (const service of servicesOf(pod, services)) keys.add(objectKey(service));
    }
    for (const key of keys) onService(key);
  });
}

/** The Services whose selectors match the pod. */
function* servicesOf(pod: Pod, services: Informer<Service>): Iterable<Service> {
  const { namespace = "", labels = {} } = pod.metadata;
  for (const [key, value] of Object.entries(labels)) {
    const index = selectorIndexValue(namespace, key, value);
    for (const service of services.store.byIndex(SERVICE_SELECTOR_INDEX, index)) {
      if (selects(service, pod)) yield service;
    }
  }
}

/** A Service without a selector selects nothing: its endpoints are somebody else's. */
export function selects(service: Service, pod: Pod): boolean {
  const selector = Object.entries(service.spec?.selector ?? {});
  const labels = pod.metadata.labels ?? {};
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

export function hasSelector(service: Service): boolean {
  return Object.keys(service.spec?.selector ?? {}).length > 0;
}

function hasSameLabels(a: Pod, b: Pod): boolean {
  const [before, after] = [a.metadata.labels ?? {}, b.metadata.labels ?? {}];
  if (before === after) return true;
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(after).length && keys.every((key) => before[key] === after[key])
  );
}

/** All of a pod that endpoints are made from. */
function endpointState(pod: Pod): string {
  const { hostname, subdomain, nodeName } = pod.spec ?? {};
  const ips = (pod.status?.podIPs ?? []).map(({ ip }) => ip).join(",");
  return [
    isPodReady(pod),
    isPodTerminating(pod),
    isPodTerminal(pod),
    pod.status?.podIP,
    ips,
    nodeName,
    hostname,
    subdomain,
  ].join("|");
}
