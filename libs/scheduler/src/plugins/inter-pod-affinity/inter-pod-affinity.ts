/**
 * Pods that want to be near other pods, or away from them.
 *
 * Upstream: pkg/scheduler/framework/plugins/interpodaffinity/plugin.go @1.36
 */
import type { Pod } from "@kubets/api/core/v1";
import { PodInfo } from "../../cluster/pod-info.ts";
import type { Plugin } from "../../framework/plugin.ts";
import { SKIP } from "../../framework/status.ts";
import type { TopologyCounts } from "../topology-counts.ts";
import { AffinityState } from "./affinity-filter.ts";
import { affinityScore, affinityScores, normalizeAffinity } from "./affinity-scores.ts";
import { affinityTerms, type NamespaceLabels, termMatches } from "./affinity-terms.ts";

const NAME = "InterPodAffinity";
const SCORES = `${NAME}/scores`;

export function interPodAffinity(options: { readonly namespaceLabels: NamespaceLabels }): Plugin {
  const { namespaceLabels } = options;
  const wants = (pod: PodInfo, other: unknown) => {
    // The event is about pods.
    const info = new PodInfo(other as Pod);
    const { requiredAffinity } = affinityTerms(pod);
    return requiredAffinity.some((term) => termMatches(term, info, namespaceLabels));
  };
  return {
    name: NAME,
    events: {
      AssignedPodAdd: (pod, { current }) => wants(pod, current),
      AssignedPodUpdate: true,
      AssignedPodDelete: true,
      NodeAdd: true,
      NodeLabelChange: true,
      UnscheduledPodUpdate: true,
    },
    preFilter(state, pod, cluster) {
      if (!pod.hasAffinity && cluster.nodesWithRequiredAntiAffinity.size === 0)
        return { status: SKIP };
      const affinity = AffinityState.of(pod, cluster, namespaceLabels);
      if (affinity.isIdle) return { status: SKIP };
      state.write(NAME, affinity);
      return undefined;
    },
    addPod(state, _pod, other, node) {
      state.read<AffinityState>(NAME)?.count(other, node, 1);
    },
    removePod(state, _pod, other, node) {
      state.read<AffinityState>(NAME)?.count(other, node, -1);
    },
    filter(state, _pod, node) {
      return state.read<AffinityState>(NAME)?.refusal(node);
    },
    preScore(state, pod, cluster) {
      if (!pod.hasAffinity && cluster.nodesWithAffinity.size === 0) return SKIP;
      const worth = affinityScores(pod, cluster, namespaceLabels);
      if (worth.isEmpty) return SKIP;
      state.write(SCORES, worth);
      return undefined;
    },
    score(state, _pod, node) {
      const worth = state.read<TopologyCounts>(SCORES);
      return worth === undefined ? 0 : affinityScore(worth, node);
    },
    normalize(_state, _pod, scores) {
      normalizeAffinity(scores);
    },
  };
}
