import { type LabelSelectorMatcher, labelSelectorFrom, untoleratedTaint } from "@kubets/api";
import type { TopologySpreadConstraint } from "@kubets/api/core/v1";
import type { NodeInfo } from "../../cluster/node-info.ts";
import type { PodInfo } from "../../cluster/pod-info.ts";
import { matchesRequiredAffinity } from "../node-selector.ts";
import { defaultSelector, type Workloads } from "./default-constraints.ts";

export type SpreadAction = "DoNotSchedule" | "ScheduleAnyway";

/** A spread constraint of a pod, ready to be asked. */
export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly minDomains: number;
  readonly selector: LabelSelectorMatcher;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** Upstream: pkg/scheduler/framework/plugins/podtopologyspread/common.go filterTopologySpreadConstraints @1.36 */
export function spreadConstraints(
  { pod, labels }: PodInfo,
  action: SpreadAction,
): readonly SpreadConstraint[] {
  const constraints = pod.spec?.topologySpreadConstraints ?? [];
  return constraints
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => ready(constraint, labels));
}

/** Those of `defaults` with the selector of what the pod belongs to; none where nothing tells what that is. */
export function defaultConstraints(
  pod: PodInfo,
  defaults: readonly TopologySpreadConstraint[],
  action: SpreadAction,
  workloads: Workloads,
): readonly SpreadConstraint[] {
  const constraints = defaults.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action);
  if (constraints.length === 0) return [];
  const selector = defaultSelector(pod, workloads);
  if (selector.requirements.length === 0) return [];
  return constraints.map((constraint) => ({ ...ready(constraint, pod.labels), selector }));
}

function ready(
  constraint: TopologySpreadConstraint,
  labels: Readonly<Record<string, string>>,
): SpreadConstraint {
  const { maxSkew, topologyKey, minDomains = 1, labelSelector, matchLabelKeys = [] } = constraint;
  const own = matchLabelKeys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator: "In", values: [value] }];
  });
  const selector =
    labelSelector === undefined || own.length === 0
      ? labelSelector
      : { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...own] };
  return {
    maxSkew,
    topologyKey,
    minDomains,
    selector: labelSelectorFrom(selector),
    honorsAffinity: (constraint.nodeAffinityPolicy ?? "Honor") === "Honor",
    honorsTaints: constraint.nodeTaintsPolicy === "Honor",
  };
}

/** Whether pods on the node count for the constraint. */
export function includesNode(
  { honorsAffinity, honorsTaints }: SpreadConstraint,
  { pod }: PodInfo,
  node: NodeInfo,
): boolean {
  if (honorsAffinity && !matchesRequiredAffinity(pod, node)) return false;
  return !honorsTaints || untoleratedTaint(node.taints, pod.spec?.tolerations) === undefined;
}

export function hasAllKeys(
  constraints: readonly SpreadConstraint[],
  { labels }: NodeInfo,
): boolean {
  return constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);
}

/** Pods of the namespace that the selector matches; those that are ending do not count. */
export function countMatching(
  node: NodeInfo,
  selector: LabelSelectorMatcher,
  namespace: string,
): number {
  if (selector.nothing) return 0;
  let count = 0;
  for (const other of node.pods.values()) {
    if (matchesPod(other, selector, namespace)) count++;
  }
  return count;
}

export function matchesPod(
  other: PodInfo,
  selector: LabelSelectorMatcher,
  namespace: string,
): boolean {
  return !other.isDeleting && other.namespace === namespace && selector.matches(other.labels);
}
