/** Upstream: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go @1.36 */
import { tolerates, untoleratedTaint } from "@kubets/api";
import type { Node, Toleration } from "@kubets/api/core/v1";
import type { NodeInfo } from "../cluster/node-info.ts";
import type { Plugin } from "../framework/plugin.ts";
import { SKIP, unresolvable } from "../framework/status.ts";
import { normalizeToMax } from "./normalize-to-max.ts";

const NAME = "TaintToleration";
const REFUSED = unresolvable("node(s) had untolerated taint(s)");

export const taintToleration: Plugin = {
  name: NAME,
  isNodeLocal: true,
  events: {
    NodeAdd: ({ pod }, { current }) => isTolerated(pod.spec?.tolerations, current),
    NodeTaintChange: ({ pod }, { old, current }) =>
      !isTolerated(pod.spec?.tolerations, old) && isTolerated(pod.spec?.tolerations, current),
    UnscheduledPodUpdate: true,
  },
  filter(_state, { pod }, { taints }) {
    if (taints.length === 0) return undefined;
    return untoleratedTaint(taints, pod.spec?.tolerations) === undefined ? undefined : REFUSED;
  },
  preScore(state, { pod }, cluster) {
    // Where no node has such a taint all score alike.
    if (cluster.preferNoScheduleNodes === 0) return SKIP;
    const tolerations = (pod.spec?.tolerations ?? []).filter(
      ({ effect = "" }) => effect === "" || effect === "PreferNoSchedule",
    );
    state.write(NAME, tolerations);
    return undefined;
  },
  score(state, _pod, node) {
    return intolerableTaints(node, state.read<readonly Toleration[]>(NAME) ?? []);
  },
  normalize(_state, _pod, scores) {
    normalizeToMax(scores, true);
  },
};

function intolerableTaints({ taints }: NodeInfo, tolerations: readonly Toleration[]): number {
  let count = 0;
  for (const taint of taints) {
    if (taint.effect === "PreferNoSchedule" && !tolerates(tolerations, taint)) count++;
  }
  return count;
}

function isTolerated(tolerations: readonly Toleration[] | undefined, node: unknown): boolean {
  // The event is about nodes.
  const taints = (node as Node | undefined)?.spec?.taints;
  return untoleratedTaint(taints, tolerations) === undefined;
}
