/**
 * Which pods would have to leave a node for another pod to fit: as few and as unimportant as possible.
 *
 * Upstream: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go SelectVictimsOnNode @1.36
 */
import { labelSelectorFrom } from "@kubets/api";
import type { PodDisruptionBudget } from "@kubets/api/policy/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { Framework } from "../framework/framework.ts";
import { type Status, unresolvable } from "../framework/status.ts";

export interface Victims {
  /** The most important one first. */
  readonly pods: readonly PodInfo[];
  /** How many of them a disruption budget protects. */
  readonly violations: number;
}

const NO_VICTIMS = unresolvable("No preemption victims found for incoming pod");

export function selectVictims(input: {
  readonly pod: PodInfo;
  readonly node: NodeInfo;
  readonly state: CycleState;
  readonly framework: Framework;
  readonly cluster: ClusterView;
  readonly budgets: readonly PodDisruptionBudget[];
}): Victims | Status {
  const { pod, framework, cluster } = input;
  const node = input.node.clone();
  const state = input.state.clone();
  const lesser = [...node.pods.values()].filter((other) => other.priority < pod.priority);
  if (lesser.length === 0) return NO_VICTIMS;
  const remove = (other: PodInfo) => {
    node.removePod(other.uid);
    framework.removePod(state, pod, other, node);
  };
  for (const other of lesser) remove(other);
  const status = framework.filterWithNominated(state, pod, node, cluster);
  if (status !== undefined) return status;

  /** Lets a pod stay when the other still fits. */
  const mustLeave = (other: PodInfo) => {
    node.addPod(other);
    framework.addPod(state, pod, other, node);
    if (framework.filterWithNominated(state, pod, node, cluster) === undefined) return false;
    remove(other);
    return true;
  };
  lesser.sort(byImportance);
  const { violating, others } = splitByBudgets(lesser, input.budgets);
  const protectedVictims = violating.filter(mustLeave);
  const victims = [...protectedVictims, ...others.filter(mustLeave)].sort(byImportance);
  return { pods: victims, violations: protectedVictims.length };
}

/** The more important pod first: by priority, then by who started first. */
function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || compare(startTime(a), startTime(b));
}

export function startTime({ pod }: PodInfo): string {
  // Not started yet: as late as can be.
  return pod.status?.startTime ?? "9999";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Which pods a budget would not let go, each budget being used up as pods are counted. */
function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: readonly PodInfo[]; readonly others: readonly PodInfo[] } {
  const left = budgets.map((budget) => ({
    budget,
    selector: labelSelectorFrom(budget.spec?.selector),
    allowed: budget.status?.disruptionsAllowed ?? 0,
  }));
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    let isViolating = false;
    for (const each of left) {
      if (each.budget.metadata.namespace !== pod.namespace) continue;
      if (each.selector.everything || !each.selector.matches(pod.labels)) continue;
      // Its disruption is in the budget's count already.
      if (each.budget.status?.disruptedPods?.[pod.name] !== undefined) continue;
      each.allowed--;
      if (each.allowed < 0) isViolating = true;
    }
    (isViolating ? violating : others).push(pod);
  }
  return { violating, others };
}
