/**
 * What a pod asks for in all: its containers, sidecars and init containers, the pod's own figures, overhead.
 * Amounts are thousandths by resource name.
 *
 * Upstream: staging/src/k8s.io/component-helpers/resource/helpers.go PodRequests, PodLimits @1.36
 */
import type {
  Container,
  ContainerStatus,
  Pod,
  ResourceRequirements,
} from "../gen/types/core/v1.ts";
import { quantityMilli } from "../quantity.ts";

export type ResourceAmounts = Map<string, bigint>;
export type ResourceList = Readonly<Record<string, string>>;

export interface PodRequestsOptions {
  /** Also count what running containers were granted (resizing in place). */
  readonly useStatusResources?: boolean;
  /** For containers that ask for nothing: the scheduler's idea of a small container. */
  readonly missing?: ReadonlyMap<string, bigint>;
  readonly excludeOverhead?: boolean;
}

export function resourceAmounts(list: ResourceList | undefined): ResourceAmounts {
  const amounts: ResourceAmounts = new Map();
  for (const [name, quantity] of Object.entries(list ?? {})) {
    amounts.set(name, quantityMilli(quantity));
  }
  return amounts;
}

function add(target: ResourceAmounts, more: ReadonlyMap<string, bigint>): void {
  for (const [name, amount] of more) target.set(name, (target.get(name) ?? 0n) + amount);
}

function raise(target: ResourceAmounts, floor: ReadonlyMap<string, bigint>): void {
  for (const [name, amount] of floor) {
    const present = target.get(name);
    if (present === undefined || amount > present) target.set(name, amount);
  }
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** Sidecars run beside everything that starts after them; other init containers run one by one. */
function aggregate(pod: Pod, of: (container: Container) => ResourceAmounts): ResourceAmounts {
  const total: ResourceAmounts = new Map();
  for (const container of pod.spec?.containers ?? []) add(total, of(container));
  const sidecars: ResourceAmounts = new Map();
  const starting: ResourceAmounts = new Map();
  for (const container of pod.spec?.initContainers ?? []) {
    const own = of(container);
    if (isSidecar(container)) {
      add(total, own);
      add(sidecars, own);
      raise(starting, sidecars);
    } else {
      add(own, sidecars);
      raise(starting, own);
    }
  }
  raise(total, starting);
  return total;
}

function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

function override(
  target: ResourceAmounts,
  resources: ResourceRequirements | undefined,
  key: "requests" | "limits",
): void {
  for (const [name, quantity] of Object.entries(resources?.[key] ?? {})) {
    if (isPodLevelResource(name)) target.set(name, quantityMilli(quantity));
  }
}

function isResizeInfeasible(pod: Pod): boolean {
  return (
    pod.status?.conditions?.some(
      (condition) => condition.type === "PodResizePending" && condition.reason === "Infeasible",
    ) ?? false
  );
}

function statusByName(pod: Pod): ReadonlyMap<string, ContainerStatus> {
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  return new Map(statuses.map((status) => [status.name, status]));
}

export function podRequests(pod: Pod, options: PodRequestsOptions = {}): ResourceAmounts {
  const statuses = options.useStatusResources ? statusByName(pod) : undefined;
  const infeasible = statuses !== undefined && isResizeInfeasible(pod);
  const total = aggregate(pod, (container) => {
    const status = statuses?.get(container.name);
    const granted = status?.resources === undefined ? undefined : status;
    const own = infeasible && granted ? new Map() : resourceAmounts(container.resources?.requests);
    if (granted !== undefined) {
      raise(own, resourceAmounts(granted.resources?.requests));
      raise(own, resourceAmounts(granted.allocatedResources));
    }
    for (const [name, amount] of options.missing ?? []) if (!own.has(name)) own.set(name, amount);
    return own;
  });
  override(total, pod.spec?.resources, "requests");
  if (!options.excludeOverhead) add(total, resourceAmounts(pod.spec?.overhead));
  return total;
}

export function podLimits(pod: Pod, options: { excludeOverhead?: boolean } = {}): ResourceAmounts {
  const total = aggregate(pod, (container) => resourceAmounts(container.resources?.limits));
  override(total, pod.spec?.resources, "limits");
  if (!options.excludeOverhead) {
    // Overhead counts only where there is a limit at all.
    for (const [name, amount] of resourceAmounts(pod.spec?.overhead)) {
      const limit = total.get(name);
      if (limit !== undefined) total.set(name, limit + amount);
    }
  }
  return total;
}
