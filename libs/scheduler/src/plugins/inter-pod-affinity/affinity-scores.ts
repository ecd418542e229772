/**
 * The preferred half: what each topology value is worth to the pod, by its own wishes and those of the pods
 * that are there.
 *
 * Upstream: pkg/scheduler/framework/plugins/interpodaffinity/scoring.go @1.36
 */
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { NodeInfo } from "../../cluster/node-info.ts";
import type { PodInfo } from "../../cluster/pod-info.ts";
import { MAX_NODE_SCORE } from "../../framework/plugin.ts";
import { TopologyCounts } from "../topology-counts.ts";
import {
  type AffinityTerm,
  affinityTerms,
  type NamespaceLabels,
  termMatches,
} from "./affinity-terms.ts";

/** What another pod's required affinity towards this one counts for. Upstream's hardPodAffinityWeight. */
const HARD_AFFINITY_WEIGHT = 1;

export function affinityScores(
  pod: PodInfo,
  cluster: ClusterView,
  namespaceLabels: NamespaceLabels,
): TopologyCounts {
  const worth = new TopologyCounts();
  const own = affinityTerms(pod);
  const hasWishes = own.preferredAffinity.length > 0 || own.preferredAntiAffinity.length > 0;
  const count = (
    terms: readonly AffinityTerm[],
    of: PodInfo,
    node: NodeInfo,
    weigh: (term: AffinityTerm) => number,
  ) => {
    for (const term of terms) {
      const value = node.labels[term.topologyKey];
      if (value === undefined || !termMatches(term, of, namespaceLabels)) continue;
      worth.add(term.topologyKey, value, weigh(term));
    }
  };
  for (const node of hasWishes ? cluster.nodes : cluster.nodesWithAffinity) {
    for (const other of hasWishes ? node.pods.values() : node.podsWithAffinity) {
      if (hasWishes) {
        count(own.preferredAffinity, other, node, ({ weight }) => weight);
        count(own.preferredAntiAffinity, other, node, ({ weight }) => -weight);
      }
      if (!other.hasAffinity) continue;
      const theirs = affinityTerms(other);
      count(theirs.requiredAffinity, pod, node, () => HARD_AFFINITY_WEIGHT);
      count(theirs.preferredAffinity, pod, node, ({ weight }) => weight);
      count(theirs.preferredAntiAffinity, pod, node, ({ weight }) => -weight);
    }
  }
  return worth;
}

export function affinityScore(worth: TopologyCounts, { labels }: NodeInfo): number {
  let score = 0;
  for (const key of worth.keys()) {
    const value = labels[key];
    if (value !== undefined) score += worth.get(key, value);
  }
  return score;
}

/** The least becomes 0 and the greatest 100. */
export function normalizeAffinity(scores: Float64Array): void {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < least) least = score;
    if (score > greatest) greatest = score;
  }
  const range = greatest - least;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = range > 0 ? Math.trunc((MAX_NODE_SCORE * ((scores[i] ?? 0) - least)) / range) : 0;
  }
}
