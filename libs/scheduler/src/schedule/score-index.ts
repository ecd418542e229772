/**
 * The scores of all nodes for one kind of identical pods, sorted into buckets by score, so that the best
 * node is at hand and only nodes that changed are looked at again. What it answers is what a look over all
 * nodes would: it is used only while every answer depends on the pod and one node alone.
 */
import type { NodeInfo } from "../cluster/node-info.ts";

const UNSUITABLE = -1;

export class ScoreIndex {
  /** Every change of a node up to this version of the cluster is in it. */
  version = 0;
  imagesVersion = 0;
  /** By slot. */
  #scores: Int32Array = new Int32Array();
  /** Where in its bucket a slot stands. */
  #positions: Int32Array = new Int32Array();
  #nodes: (NodeInfo | undefined)[] = [];
  readonly #buckets: number[][] = [];
  #best = UNSUITABLE;

  /** Forgets everything. */
  clear(slots: number): void {
    this.#scores = new Int32Array(slots).fill(UNSUITABLE);
    this.#positions = new Int32Array(slots);
    this.#nodes = new Array<NodeInfo | undefined>(slots).fill(undefined);
    this.#buckets.length = 0;
    this.#best = UNSUITABLE;
  }

  /** `score` is a whole number from 0, or undefined when the node will not do. */
  set(node: NodeInfo, score: number | undefined): void {
    const { slot } = node;
    if (slot >= this.#scores.length) this.#grow(slot + 1);
    const before = this.#scores[slot] ?? UNSUITABLE;
    const after = score ?? UNSUITABLE;
    this.#nodes[slot] = node;
    if (before === after) return;
    if (before !== UNSUITABLE) this.#take(slot, before);
    this.#scores[slot] = after;
    if (after !== UNSUITABLE) this.#put(slot, after);
  }

  /** A node with the greatest score, each of them with the same chance. */
  best(random: () => number): NodeInfo | undefined {
    while (this.#best >= 0 && (this.#buckets[this.#best]?.length ?? 0) === 0) this.#best--;
    const bucket = this.#buckets[this.#best];
    if (bucket === undefined) return undefined;
    const slot = bucket[Math.floor(random() * bucket.length)];
    return slot === undefined ? undefined : this.#nodes[slot];
  }

  #put(slot: number, score: number): void {
    while (this.#buckets.length <= score) this.#buckets.push([]);
    const bucket = this.#buckets[score];
    if (bucket === undefined) return;
    this.#positions[slot] = bucket.length;
    bucket.push(slot);
    if (score > this.#best) this.#best = score;
  }
  #take(slot: number, score: number): void {
    const bucket = this.#buckets[score];
    const last = bucket?.pop();
    if (bucket === undefined || last === undefined || last === slot) return;
    const position = this.#positions[slot] ?? 0;
    bucket[position] = last;
    this.#positions[last] = position;
  }
  #grow(slots: number): void {
    const capacity = Math.max(slots, this.#scores.length * 2);
    const scores = new Int32Array(capacity).fill(UNSUITABLE);
    scores.set(this.#scores);
    const positions = new Int32Array(capacity);
    positions.set(this.#positions);
    this.#scores = scores;
    this.#positions = positions;
  }
}
