/**
 * The required half of affinity between pods: counts by topology, worked out once per attempt.
 *
 * Upstream: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go @1.36
 */
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { NodeInfo } from "../../cluster/node-info.ts";
import type { PodInfo } from "../../cluster/pod-info.ts";
import { type Status, unresolvable, unschedulable } from "../../framework/status.ts";
import { TopologyCounts } from "../topology-counts.ts";
import {
  type AffinityTerm,
  affinityTerms,
  type NamespaceLabels,
  termMatches,
} from "./affinity-terms.ts";

const AFFINITY_REFUSED = unresolvable("node(s) didn't match pod affinity rules");
const ANTI_AFFINITY_REFUSED = unschedulable("node(s) didn't match pod anti-affinity rules");
const EXISTING_REFUSED = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");

export class AffinityState {
  readonly #pod: PodInfo;
  readonly #namespaceLabels: NamespaceLabels;
  readonly #affinity: readonly AffinityTerm[];
  readonly #antiAffinity: readonly AffinityTerm[];
  /** Existing pods that match all of the pod's affinity terms; those that match one of its anti-affinity terms. */
  #matching = new TopologyCounts();
  #conflicting = new TopologyCounts();
  /** Existing pods that do not want this pod near them. */
  #refusing = new TopologyCounts();

  constructor(pod: PodInfo, namespaceLabels: NamespaceLabels) {
    const { requiredAffinity, requiredAntiAffinity } = affinityTerms(pod);
    this.#pod = pod;
    this.#namespaceLabels = namespaceLabels;
    this.#affinity = requiredAffinity;
    this.#antiAffinity = requiredAntiAffinity;
  }

  static of(pod: PodInfo, cluster: ClusterView, namespaceLabels: NamespaceLabels): AffinityState {
    const state = new AffinityState(pod, namespaceLabels);
    for (const node of cluster.nodesWithRequiredAntiAffinity) {
      for (const other of node.podsWithRequiredAntiAffinity) state.#countRefusing(other, node, 1);
    }
    if (state.#affinity.length > 0 || state.#antiAffinity.length > 0) {
      for (const node of cluster.nodes) {
        for (const other of node.pods.values()) state.#countOwn(other, node, 1);
      }
    }
    return state;
  }

  /** Nothing is asked for and nobody refuses: every node will do. */
  get isIdle(): boolean {
    return this.#affinity.length === 0 && this.#antiAffinity.length === 0 && this.#refusing.isEmpty;
  }

  /** A pod comes to a node, or leaves it. */
  count(other: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (other.hasRequiredAntiAffinity) this.#countRefusing(other, node, by);
    this.#countOwn(other, node, by);
  }

  refusal(node: NodeInfo): Status | undefined {
    if (!this.#satisfiesAffinity(node)) return AFFINITY_REFUSED;
    for (const { topologyKey } of this.#antiAffinity) {
      const value = node.labels[topologyKey];
      if (value !== undefined && this.#conflicting.get(topologyKey, value) > 0) {
        return ANTI_AFFINITY_REFUSED;
      }
    }
    for (const key of this.#refusing.keys()) {
      const value = node.labels[key];
      if (value !== undefined && this.#refusing.get(key, value) > 0) return EXISTING_REFUSED;
    }
    return undefined;
  }

  clone(): AffinityState {
    const copy = new AffinityState(this.#pod, this.#namespaceLabels);
    copy.#matching = this.#matching.clone();
    copy.#conflicting = this.#conflicting.clone();
    copy.#refusing = this.#refusing.clone();
    return copy;
  }

  #satisfiesAffinity(node: NodeInfo): boolean {
    let isMatched = true;
    for (const { topologyKey } of this.#affinity) {
      const value = node.labels[topologyKey];
      // Without the label no other pod can be near.
      if (value === undefined) return false;
      if (this.#matching.get(topologyKey, value) <= 0) isMatched = false;
    }
    // The first pod of a group that wants to be together has nobody to go to.
    return isMatched || (!this.#matching.hasAny() && this.#matchesAll(this.#pod));
  }

  #matchesAll(other: PodInfo): boolean {
    return this.#affinity.every((term) => termMatches(term, other, this.#namespaceLabels));
  }

  #countOwn(other: PodInfo, { labels }: NodeInfo, by: number): void {
    if (this.#affinity.length > 0 && this.#matchesAll(other)) {
      for (const { topologyKey } of this.#affinity) {
        const value = labels[topologyKey];
        if (value !== undefined) this.#matching.add(topologyKey, value, by);
      }
    }
    for (const term of this.#antiAffinity) {
      const value = labels[term.topologyKey];
      if (value === undefined || !termMatches(term, other, this.#namespaceLabels)) continue;
      this.#conflicting.add(term.topologyKey, value, by);
    }
  }

  #countRefusing(other: PodInfo, { labels }: NodeInfo, by: number): void {
    for (const term of affinityTerms(other).requiredAntiAffinity) {
      const value = labels[term.topologyKey];
      if (value === undefined || !termMatches(term, this.#pod, this.#namespaceLabels)) continue;
      this.#refusing.add(term.topologyKey, value, by);
    }
  }
}
