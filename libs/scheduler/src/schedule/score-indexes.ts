/**
 * Keeps results for identical pods, as replicas are: from the second pod of a signature on, all nodes are
 * scored once and then only those that changed. Falls back to a fresh look (undefined) whenever an answer
 * could depend on more than the pod and one node: affinity between pods, spreading, volumes, normalised
 * scores, plugins that do not say they are node-local.
 *
 * Upstream: KEP-5598 opportunistic batching, with more kept
 */
import type { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { ScheduleContext } from "./schedule.ts";
import { ScoreIndex } from "./score-index.ts";

const INDEXES_MAX = 16;

export class ScoreIndexes {
  /** By signature; the one used last at the end. A signature seen once has no index yet. */
  readonly #indexes = new Map<string, ScoreIndex | undefined>();

  best(pod: PodInfo, state: CycleState, context: ScheduleContext): NodeInfo | undefined {
    const { cluster, framework, random } = context;
    const isKnown = this.#indexes.has(pod.signature);
    const index = this.#indexes.get(pod.signature);
    if (!isKnown) {
      this.#keep(pod.signature, undefined);
      return undefined;
    }
    const status = framework.preScore(state, pod, cluster, cluster.nodes);
    if (status !== undefined || !framework.isNodeLocal(state)) {
      // The fresh look asks again, with the nodes that will do.
      state.skippedScores.clear();
      return undefined;
    }
    const ready = index ?? new ScoreIndex();
    this.#keep(pod.signature, ready);
    const isStale =
      index === undefined ||
      (ready.imagesVersion !== cluster.imagesVersion && !state.skippedScores.has("ImageLocality"));
    if (isStale) {
      ready.clear(cluster.slots);
      ready.version = 0;
    }
    cluster.changedSince(ready.version, (node) => {
      const isSuitable =
        node.node !== undefined &&
        framework.filterWithNominated(state, pod, node, cluster) === undefined;
      ready.set(node, isSuitable ? framework.score(state, pod, node) : undefined);
    });
    ready.version = cluster.version;
    ready.imagesVersion = cluster.imagesVersion;
    return ready.best(random);
  }

  #keep(signature: string, index: ScoreIndex | undefined): void {
    this.#indexes.delete(signature);
    this.#indexes.set(signature, index);
    if (this.#indexes.size <= INDEXES_MAX) return;
    for (const oldest of this.#indexes.keys()) {
      this.#indexes.delete(oldest);
      return;
    }
  }
}
