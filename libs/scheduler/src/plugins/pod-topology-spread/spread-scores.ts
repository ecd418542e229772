/** Upstream: pkg/scheduler/framework/plugins/podtopologyspread/scoring.go @1.36 */
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { NodeInfo } from "../../cluster/node-info.ts";
import type { PodInfo } from "../../cluster/pod-info.ts";
import { MAX_NODE_SCORE } from "../../framework/plugin.ts";
import { countMatching, hasAllKeys, includesNode, type SpreadConstraint } from "./constraints.ts";

const HOSTNAME = "kubernetes.io/hostname";

interface Counted {
  /** By constraint: the greater the more domains there are. */
  readonly weights: readonly number[];
  /** By constraint: domain → pods; absent where each node is its own domain. */
  readonly counts: readonly (ReadonlyMap<string, number> | undefined)[];
}

/** Scores the suitable nodes of one attempt. Counts when the first node is scored: an attempt may end before. */
export class SpreadScores {
  readonly #pod: PodInfo;
  readonly #constraints: readonly SpreadConstraint[];
  readonly #cluster: ClusterView;
  readonly #nodes: readonly NodeInfo[];
  readonly #needsAllKeys: boolean;
  /** Nodes without the labels: they come last. */
  readonly #ignored = new Set<NodeInfo>();
  #counted: Counted | undefined;

  constructor(
    pod: PodInfo,
    constraints: readonly SpreadConstraint[],
    cluster: ClusterView,
    nodes: readonly NodeInfo[],
    needsAllKeys: boolean,
  ) {
    this.#pod = pod;
    this.#constraints = constraints;
    this.#cluster = cluster;
    this.#nodes = nodes;
    this.#needsAllKeys = needsAllKeys;
  }

  /** The more matching pods are near, the greater: turned round when normalised. */
  score(node: NodeInfo): number {
    this.#counted ??= this.#count();
    if (this.#ignored.has(node)) return 0;
    const { weights, counts } = this.#counted;
    let score = 0;
    for (const [i, { topologyKey, selector, maxSkew }] of this.#constraints.entries()) {
      const domain = node.labels[topologyKey];
      if (domain === undefined) continue;
      const count = counts[i]?.get(domain) ?? countMatching(node, selector, this.#pod.namespace);
      score += count * (weights[i] ?? 0) + (maxSkew - 1);
    }
    return Math.round(score);
  }

  normalize(scores: Float64Array): void {
    let least = Number.POSITIVE_INFINITY;
    let greatest = 0;
    for (const [i, node] of this.#nodes.entries()) {
      if (this.#ignored.has(node)) continue;
      const score = scores[i] ?? 0;
      if (score < least) least = score;
      if (score > greatest) greatest = score;
    }
    for (const [i, node] of this.#nodes.entries()) {
      if (this.#ignored.has(node)) scores[i] = 0;
      else if (greatest === 0) scores[i] = MAX_NODE_SCORE;
      else {
        scores[i] = Math.trunc((MAX_NODE_SCORE * (greatest + least - (scores[i] ?? 0))) / greatest);
      }
    }
  }

  #count(): Counted {
    const counts = this.#constraints.map(({ topologyKey }) =>
      topologyKey === HOSTNAME ? undefined : new Map<string, number>(),
    );
    for (const node of this.#nodes) {
      if (this.#needsAllKeys && !hasAllKeys(this.#constraints, node)) {
        this.#ignored.add(node);
        continue;
      }
      // Nodes without the label are together one domain for the weight, though nothing is scored by it.
      for (const [i, { topologyKey }] of this.#constraints.entries()) {
        counts[i]?.set(node.labels[topologyKey] ?? "", 0);
      }
    }
    const weights = this.#constraints.map((_, i) =>
      Math.log((counts[i]?.size ?? this.#nodes.length - this.#ignored.size) + 2),
    );
    for (const [i, constraint] of this.#constraints.entries()) {
      const domains = counts[i];
      if (domains !== undefined) this.#countPods(constraint, domains);
    }
    return { weights, counts };
  }

  #countPods(constraint: SpreadConstraint, domains: Map<string, number>): void {
    const { topologyKey, selector } = constraint;
    for (const node of this.#cluster.nodes) {
      const domain = node.labels[topologyKey];
      if (domain === undefined) continue;
      if (this.#needsAllKeys && !hasAllKeys(this.#constraints, node)) continue;
      const known = domains.get(domain);
      if (known === undefined || !includesNode(constraint, this.#pod, node)) continue;
      domains.set(domain, known + countMatching(node, selector, this.#pod.namespace));
    }
  }
}
