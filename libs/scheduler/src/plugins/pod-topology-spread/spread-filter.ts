/** Upstream: pkg/scheduler/framework/plugins/podtopologyspread/filtering.go @1.36 */
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { NodeInfo } from "../../cluster/node-info.ts";
import type { PodInfo } from "../../cluster/pod-info.ts";
import { type Status, unresolvable, unschedulable } from "../../framework/status.ts";
import {
  countMatching,
  hasAllKeys,
  includesNode,
  matchesPod,
  type SpreadConstraint,
} from "./constraints.ts";

const REFUSED = unschedulable("node(s) didn't match pod topology spread constraints");
const NO_LABEL = unresolvable(
  "node(s) didn't match pod topology spread constraints (missing required label)",
);

/** How many matching pods each domain of each constraint has. */
export class SpreadState {
  readonly #pod: PodInfo;
  readonly #constraints: readonly SpreadConstraint[];
  /** By constraint: domain → pods. */
  #counts: readonly Map<string, number>[];
  /** The least count of each constraint; worked out again after a change. */
  #least: (number | undefined)[];

  constructor(pod: PodInfo, constraints: readonly SpreadConstraint[]) {
    this.#pod = pod;
    this.#constraints = constraints;
    this.#counts = constraints.map(() => new Map());
    this.#least = constraints.map(() => undefined);
  }

  static of(
    pod: PodInfo,
    constraints: readonly SpreadConstraint[],
    cluster: ClusterView,
  ): SpreadState {
    const state = new SpreadState(pod, constraints);
    for (const node of cluster.nodes) {
      if (!hasAllKeys(constraints, node)) continue;
      for (const [i, constraint] of constraints.entries()) {
        if (!includesNode(constraint, pod, node)) continue;
        state.#add(i, node, countMatching(node, constraint.selector, pod.namespace));
      }
    }
    return state;
  }

  /** A pod comes to a node, or leaves it. */
  count(other: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (!hasAllKeys(this.#constraints, node)) return;
    for (const [i, constraint] of this.#constraints.entries()) {
      if (!includesNode(constraint, this.#pod, node)) continue;
      if (matchesPod(other, constraint.selector, this.#pod.namespace)) this.#add(i, node, by);
    }
  }

  refusal(node: NodeInfo): Status | undefined {
    for (const [i, { topologyKey, selector, maxSkew }] of this.#constraints.entries()) {
      const domain = node.labels[topologyKey];
      if (domain === undefined) return NO_LABEL;
      const self = selector.matches(this.#pod.labels) ? 1 : 0;
      const skew = (this.#counts[i]?.get(domain) ?? 0) + self - this.#leastOf(i);
      if (skew > maxSkew) return REFUSED;
    }
    return undefined;
  }

  clone(): SpreadState {
    const copy = new SpreadState(this.#pod, this.#constraints);
    copy.#counts = this.#counts.map((counts) => new Map(counts));
    copy.#least = [...this.#least];
    return copy;
  }

  #add(i: number, { labels }: NodeInfo, by: number): void {
    const domain = labels[this.#constraints[i]?.topologyKey ?? ""];
    const counts = this.#counts[i];
    if (domain === undefined || counts === undefined) return;
    counts.set(domain, (counts.get(domain) ?? 0) + by);
    this.#least[i] = undefined;
  }

  #leastOf(i: number): number {
    const known = this.#least[i];
    if (known !== undefined) return known;
    const counts = this.#counts[i];
    let least = Number.POSITIVE_INFINITY;
    for (const count of counts?.values() ?? []) if (count < least) least = count;
    // Domains that are to come count as empty.
    if ((counts?.size ?? 0) < (this.#constraints[i]?.minDomains ?? 1)) least = 0;
    this.#least[i] = least;
    return least;
  }
}
