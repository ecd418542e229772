/**
 * Upstream: pkg/apis/core/v1/helper/qos/qos.go ComputePodQOS @1.36
 */
import type { Pod, ResourceRequirements } from "../gen/types/core/v1.ts";
import { type ResourceAmounts, type ResourceList, resourceAmounts } from "./pod-resources.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const COUNTED = ["cpu", "memory"];

function counted(list: ResourceList | undefined): ResourceAmounts {
  const amounts = resourceAmounts(list);
  for (const [name, amount] of amounts) {
    if (!COUNTED.includes(name) || amount <= 0n) amounts.delete(name);
  }
  return amounts;
}

function addAll(target: ResourceAmounts, more: ResourceAmounts): void {
  for (const [name, amount] of more) target.set(name, (target.get(name) ?? 0n) + amount);
}

/** From the spec alone; the pod's own resources win over those of its containers. */
export function qosClass(pod: Pod): QosClass {
  const requests: ResourceAmounts = new Map();
  const limits: ResourceAmounts = new Map();
  let guaranteed = true;
  const own = pod.spec?.resources;
  const holders: (ResourceRequirements | undefined)[] =
    own !== undefined
      ? [own]
      : [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map(
          (container) => container.resources,
        );
  for (const resources of holders) {
    addAll(requests, counted(resources?.requests));
    const limited = counted(resources?.limits);
    addAll(limits, limited);
    if (!COUNTED.every((name) => limited.has(name))) guaranteed = false;
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  if (!guaranteed || requests.size !== limits.size) return "Burstable";
  for (const [name, amount] of requests) if (limits.get(name) !== amount) return "Burstable";
  return "Guaranteed";
}
