/** Upstream: pkg/scheduler/framework/plugins/podtopologyspread/scoring.go @1.36 */
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { NodeInfo } from "../../cluster/node-info.ts";
import type { PodInfo } from "../../cluster/pod-info.ts";
import { MAX_NODE_SCORE } from "../../framework/plugin.ts";
import { countMatching, hasAllKeys, includesNode, type SpreadConstraint } from "./constraints.ts";

const HOSTNAME = "kubernetes.io/hostname";

export interface SpreadScores {
  readonly constraints: readonly SpreadConstraint[];
  /** By constraint: the greater the more domains there are. */
  readonly weights: readonly number[];
  /** By constraint: domain → pods; absent where each node is its own domain. */
  readonly counts: readonly (ReadonlyMap<string, number> | undefined)[];
  /** Nodes without the labels: they come last. */
  readonly ignored: ReadonlySet<NodeInfo>;
  readonly nodes: readonly NodeInfo[];
}

export function spreadScores(
  pod: PodInfo,
  constraints: readonly SpreadConstraint[],
  cluster: ClusterView,
  nodes: readonly NodeInfo[],
): SpreadScores {
  const ignored = new Set(nodes.filter((node) => !hasAllKeys(constraints, node)));
  const counts = constraints.map(({ topologyKey }) =>
    topologyKey === HOSTNAME ? undefined : new Map<string, number>(),
  );
  for (const node of nodes) {
    if (ignored.has(node)) continue;
    for (const [i, { topologyKey }] of constraints.entries()) {
      counts[i]?.set(node.labels[topologyKey] ?? "", 0);
    }
  }
  const weights = constraints.map((_, i) =>
    Math.log((counts[i]?.size ?? nodes.length - ignored.size) + 2),
  );
  if (counts.some((each) => each !== undefined)) {
    for (const node of cluster.nodes) {
      if (!hasAllKeys(constraints, node)) continue;
      for (const [i, constraint] of constraints.entries()) {
        const domain = node.labels[constraint.topologyKey] ?? "";
        const known = counts[i]?.get(domain);
        if (known === undefined || !includesNode(constraint, pod, node)) continue;
        counts[i]?.set(domain, known + countMatching(node, constraint.selector, pod.namespace));
      }
    }
  }
  return { constraints, weights, counts, ignored, nodes };
}

/** The more matching pods are near, the greater: turned round when normalised. */
export function spreadScore(
  { constraints, weights, counts, ignored }: SpreadScores,
  { namespace }: PodInfo,
  node: NodeInfo,
): number {
  if (ignored.has(node)) return 0;
  let score = 0;
  for (const [i, { topologyKey, selector, maxSkew }] of constraints.entries()) {
    const count =
      counts[i]?.get(node.labels[topologyKey] ?? "") ?? countMatching(node, selector, namespace);
    score += count * (weights[i] ?? 0) + (maxSkew - 1);
  }
  return Math.round(score);
}

export function normalizeSpread({ ignored, nodes }: SpreadScores, scores: Float64Array): void {
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (const [i, node] of nodes.entries()) {
    if (ignored.has(node)) continue;
    const score = scores[i] ?? 0;
    if (score < least) least = score;
    if (score > greatest) greatest = score;
  }
  for (const [i, node] of nodes.entries()) {
    if (ignored.has(node)) scores[i] = 0;
    else if (greatest === 0) scores[i] = MAX_NODE_SCORE;
    else {
      scores[i] = Math.trunc((MAX_NODE_SCORE * (greatest + least - (scores[i] ?? 0))) / greatest);
    }
  }
}
