/**
 * Constraints for pods that have none of their own: the pods of one Service, ReplicaSet, StatefulSet or
 * ReplicationController are spread over hosts and zones where nothing speaks against it.
 *
 * Upstream: pkg/scheduler/framework/plugins/podtopologyspread/plugin.go systemDefaultConstraints,
 * common.go buildDefaultConstraints, pkg/scheduler/framework/plugins/helper/spread.go DefaultSelector @1.36
 */
import {
  controllerOf,
  everythingSelector,
  type LabelSelectorMatcher,
  labelSelectorFrom,
  labelSelectorFromMap,
} from "@kubets/api";
import type { ReplicaSet, StatefulSet } from "@kubets/api/apps/v1";
import type { ReplicationController, Service, TopologySpreadConstraint } from "@kubets/api/core/v1";
import type { LabelSelector } from "@kubets/api/meta/v1";
import type { PodInfo } from "../../cluster/pod-info.ts";

export const SYSTEM_DEFAULT_CONSTRAINTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 5 },
];

/** What pods belong to, as far as the scheduler knows. */
export interface Workloads {
  servicesIn(namespace: string): Iterable<Service>;
  replicaSet(namespace: string, name: string): ReplicaSet | undefined;
  statefulSet(namespace: string, name: string): StatefulSet | undefined;
  replicationController(namespace: string, name: string): ReplicationController | undefined;
}

export const noWorkloads: Workloads = {
  servicesIn: () => [],
  replicaSet: () => undefined,
  statefulSet: () => undefined,
  replicationController: () => undefined,
};

/** Selects the pods that belong together with this one; without requirements when nothing tells. */
export function defaultSelector(
  { pod, labels, namespace }: PodInfo,
  workloads: Workloads,
): LabelSelectorMatcher {
  const together: Record<string, string> = {};
  for (const { spec } of workloads.servicesIn(namespace)) {
    // Without a selector a Service is for no pod; an empty one is stored as none.
    const selector = Object.entries(spec?.selector ?? {});
    if (selector.length === 0 || !selector.every(([key, value]) => labels[key] === value)) continue;
    Object.assign(together, spec?.selector);
  }
  let own: LabelSelector | undefined;
  const owner = controllerOf(pod);
  switch (`${owner?.apiVersion}/${owner?.kind}`) {
    case "v1/ReplicationController":
      Object.assign(
        together,
        workloads.replicationController(namespace, owner?.name ?? "")?.spec?.selector,
      );
      break;
    case "apps/v1/ReplicaSet":
      own = workloads.replicaSet(namespace, owner?.name ?? "")?.spec?.selector ?? undefined;
      break;
    case "apps/v1/StatefulSet":
      own = workloads.statefulSet(namespace, owner?.name ?? "")?.spec?.selector ?? undefined;
      break;
  }
  if (own === undefined) {
    return Object.keys(together).length === 0 ? everythingSelector : labelSelectorFromMap(together);
  }
  return labelSelectorFrom({
    matchLabels: own.matchLabels ?? {},
    matchExpressions: [
      ...(own.matchExpressions ?? []),
      ...Object.entries(together).map(([key, value]) => ({
        key,
        operator: "In",
        values: [value],
      })),
    ],
  });
}
