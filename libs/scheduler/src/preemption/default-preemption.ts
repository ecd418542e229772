/**
 * When no node has room for a pod: finds the node where the fewest and least important pods would have to
 * leave, has them deleted, and nominates the node for the pod.
 *
 * Upstream: pkg/scheduler/framework/preemption/preemption.go Evaluator.Preempt @1.36
 */
import type { PodDisruptionBudget } from "@kubets/api/policy/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { Framework } from "../framework/framework.ts";
import type { Plugin, PostFilterResult, Refusals } from "../framework/plugin.ts";
import { type Status, unresolvable, unschedulable } from "../framework/status.ts";
import { fitErrorMessage } from "../schedule/diagnosis.ts";
import { type Candidate, pickCandidate } from "./pick-candidate.ts";
import { selectVictims } from "./select-victims.ts";

/** Takes the victims away; the pod is tried again when that is done. */
export interface Evictions {
  evict(preemptor: PodInfo, candidate: Candidate): void;
  /** Whether the pod's victims are still being asked to leave. */
  isUnderWay(uid: string): boolean;
}

export interface DefaultPreemptionOptions {
  /** The profile that the plugin is part of; asked when it is complete. */
  readonly framework: () => Framework;
  readonly evictions: Evictions;
  readonly budgets: () => readonly PodDisruptionBudget[];
  readonly random: () => number;
}

export const DEFAULT_PREEMPTION = "DefaultPreemption";
const CANDIDATES_PERCENT = 10;
const CANDIDATES_MIN = 100;
const NOT_HELPFUL = unresolvable("Preemption is not helpful for scheduling");

export function defaultPreemption(options: DefaultPreemptionOptions): Plugin {
  const { evictions } = options;
  return {
    name: DEFAULT_PREEMPTION,
    events: { AssignedPodDelete: true, UnscheduledPodUpdate: true },
    preEnqueue({ uid }): Status | undefined {
      return evictions.isUnderWay(uid)
        ? unresolvable("waiting for the preemption for this pod to be finished")
        : undefined;
    },
    postFilter(state, pod, cluster, refusals) {
      const result = preempt({ ...options, state, pod, cluster, refusals });
      if (result.status === undefined) return result;
      const reasons = result.status.reasons.map((reason) => `preemption: ${reason}`);
      return { ...result, status: { ...result.status, reasons } };
    },
  };
}

interface Attempt extends DefaultPreemptionOptions {
  readonly state: CycleState;
  readonly pod: PodInfo;
  readonly cluster: ClusterView;
  readonly refusals: Refusals;
}

function preempt(attempt: Attempt): PostFilterResult {
  const { pod, cluster, evictions } = attempt;
  const obstacle = ineligible(attempt);
  if (obstacle !== undefined) return { status: unschedulable(obstacle) };
  const found = findCandidates(attempt);
  const best = pickCandidate(found.candidates);
  if (best === undefined) {
    const message = fitErrorMessage(
      {
        allNodes: cluster.nodes.length,
        byNode: found.refused,
        absent: NOT_HELPFUL,
        preFilterMessage: "",
      },
      "",
    );
    return { status: unschedulable(message), nominatedNodeName: "" };
  }
  evictions.evict(pod, best);
  return { nominatedNodeName: best.nodeName };
}

/** Why the pod may not displace others. */
function ineligible({ pod, cluster, refusals }: Attempt): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === "Never") {
    return "not eligible due to preemptionPolicy=Never.";
  }
  const nominated = pod.nominatedNodeName;
  const node = nominated === "" ? undefined : cluster.node(nominated);
  if (node === undefined) return undefined;
  if (refusals.byNode.get(nominated)?.code === "UnschedulableAndUnresolvable") return undefined;
  for (const other of node.pods.values()) {
    if (other.priority < pod.priority && other.isDeleting && wasPreempted(other)) {
      return "not eligible due to a terminating pod on the nominated node.";
    }
  }
  return undefined;
}

function wasPreempted({ pod }: PodInfo): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ type, status, reason }) =>
      type === "DisruptionTarget" && status === "True" && reason === "PreemptionByScheduler",
  );
}

/** Tries nodes from a random one on until there are enough to choose from. */
function findCandidates(attempt: Attempt): {
  readonly candidates: readonly Candidate[];
  readonly refused: ReadonlyMap<string, Status>;
} {
  const { pod, cluster, state, refusals, random } = attempt;
  const nodes = cluster.nodes.filter((node) => mayHelp(node, refusals));
  const enough = Math.max(Math.trunc((nodes.length * CANDIDATES_PERCENT) / 100), CANDIDATES_MIN);
  const first = Math.floor(random() * nodes.length);
  const budgets = attempt.budgets();
  const framework = attempt.framework();
  const candidates: Candidate[] = [];
  const refused = new Map<string, Status>();
  let isAnyWithoutViolation = false;
  for (let i = 0; i < nodes.length; i++) {
    if (candidates.length >= enough && isAnyWithoutViolation) break;
    const node = nodes[(first + i) % nodes.length];
    if (node === undefined) continue;
    const victims = selectVictims({ pod, node, state, framework, cluster, budgets });
    if ("code" in victims) {
      refused.set(node.name, victims);
      continue;
    }
    candidates.push({ nodeName: node.name, victims });
    if (victims.violations === 0) isAnyWithoutViolation = true;
  }
  return { candidates, refused };
}

function mayHelp({ name }: NodeInfo, { byNode, absent }: Refusals): boolean {
  return (byNode.get(name) ?? absent).code === "Unschedulable";
}
