/**
 * One profile: its plugins, and how each extension point runs them. First refusal wins for filters; scores
 * are normalised, weighted and summed.
 *
 * Upstream: pkg/scheduler/framework/runtime/framework.go @1.36
 */
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { ClusterEvent, QueueingHint } from "./cluster-event.ts";
import type { CycleState } from "./cycle-state.ts";
import type { Plugin, PostFilterResult, Refusals } from "./plugin.ts";
import { errorStatus, isRejected, type Status, unresolvable } from "./status.ts";

export interface EnabledPlugin {
  readonly plugin: Plugin;
  /** Of its score. Default 1. */
  readonly weight?: number;
}

type Having<K extends keyof Plugin> = Plugin & Required<Pick<Plugin, K>>;

export interface PreFilterOutcome {
  readonly status?: Status;
  /** Only these nodes come into question; who said so. */
  readonly nodeNames?: ReadonlySet<string>;
  readonly nodeNamesBy?: readonly string[];
}

export class Framework {
  readonly profile: string;
  readonly #preEnqueue: readonly Having<"preEnqueue">[];
  readonly #queueSort: Having<"less">;
  readonly #preFilter: readonly Having<"preFilter">[];
  readonly #filter: readonly Having<"filter">[];
  readonly #postFilter: readonly Having<"postFilter">[];
  readonly #preScore: readonly Having<"preScore">[];
  readonly #score: readonly { readonly plugin: Having<"score">; readonly weight: number }[];
  readonly #reserve: readonly Plugin[];
  readonly #permit: readonly Having<"permit">[];
  readonly #preBind: readonly Having<"preBind">[];
  readonly #bind: readonly Having<"bind">[];
  readonly #postBind: readonly Having<"postBind">[];
  readonly #hints = new Map<ClusterEvent, Map<string, QueueingHint | true>>();

  constructor(profile: string, plugins: readonly EnabledPlugin[]) {
    this.profile = profile;
    const all = plugins.map(({ plugin }) => plugin);
    this.#preEnqueue = having(all, "preEnqueue");
    this.#preFilter = having(all, "preFilter");
    this.#filter = having(all, "filter");
    this.#postFilter = having(all, "postFilter");
    this.#preScore = having(all, "preScore");
    this.#score = plugins.flatMap(({ plugin, weight = 1 }) =>
      has(plugin, "score") ? [{ plugin, weight }] : [],
    );
    this.#reserve = all.filter((plugin) => has(plugin, "reserve") || has(plugin, "unreserve"));
    this.#permit = having(all, "permit");
    this.#preBind = having(all, "preBind");
    this.#bind = having(all, "bind");
    this.#postBind = having(all, "postBind");
    const [queueSort, ...more] = having(all, "less");
    if (queueSort === undefined || more.length > 0) {
      throw new RangeError(`profile ${profile} needs exactly one queue sort plugin`);
    }
    if (this.#bind.length === 0) throw new RangeError(`profile ${profile} needs a bind plugin`);
    this.#queueSort = queueSort;
    for (const plugin of all) this.#register(plugin);
  }

  get hasPostFilter(): boolean {
    return this.#postFilter.length > 0;
  }
  less(a: QueuedPod, b: QueuedPod): boolean {
    return this.#queueSort.less(a, b);
  }
  hints(event: ClusterEvent): ReadonlyMap<string, QueueingHint | true> {
    return this.#hints.get(event) ?? NO_HINTS;
  }
  preEnqueue(pod: PodInfo): Status | undefined {
    for (const plugin of this.#preEnqueue) {
      const status = plugin.preEnqueue(pod);
      if (status !== undefined) return by(plugin, status);
    }
    return undefined;
  }

  preFilter(state: CycleState, pod: PodInfo, cluster: ClusterView): PreFilterOutcome {
    let nodeNames: ReadonlySet<string> | undefined;
    const nodeNamesBy: string[] = [];
    for (const plugin of this.#preFilter) {
      const result = plugin.preFilter(state, pod, cluster);
      if (result === undefined) continue;
      if (result.status?.code === "Skip") state.skippedFilters.add(plugin.name);
      else if (result.status !== undefined) return { status: by(plugin, result.status) };
      if (result.nodeNames === undefined) continue;
      nodeNamesBy.push(plugin.name);
      nodeNames =
        nodeNames === undefined ? result.nodeNames : intersection(nodeNames, result.nodeNames);
      if (nodeNames.size === 0) {
        const names = nodeNamesBy.join(" ");
        const reason =
          nodeNamesBy.length === 1
            ? `node(s) didn't satisfy plugin ${names}`
            : `node(s) didn't satisfy plugin(s) [${names}] simultaneously`;
        return { status: by(plugin, unresolvable(reason)) };
      }
    }
    return nodeNames === undefined ? {} : { nodeNames, nodeNamesBy };
  }

  /** The first refusal; absent when the node will do. */
  filter(state: CycleState, pod: PodInfo, node: NodeInfo): Status | undefined {
    for (const plugin of this.#filter) {
      if (state.skippedFilters.has(plugin.name)) continue;
      const status = plugin.filter(state, pod, node);
      if (status !== undefined) return by(plugin, status);
    }
    return undefined;
  }

  /**
   * The same, with the pods that are nominated for the node and at least as important counted as being
   * there; and also without them, since they may never come and the pod might need them.
   */
  filterWithNominated(
    state: CycleState,
    pod: PodInfo,
    node: NodeInfo,
    cluster: ClusterView,
  ): Status | undefined {
    const waiting = cluster.nominatedPods(node.name);
    const nominated =
      waiting.length === 0
        ? waiting
        : waiting.filter((other) => other.priority >= pod.priority && other.uid !== pod.uid);
    if (nominated.length > 0) {
      const tried = node.clone();
      const triedState = state.clone();
      for (const other of nominated) {
        tried.addPod(other);
        this.addPod(triedState, pod, other, tried);
      }
      const status = this.filter(triedState, pod, tried);
      if (status !== undefined) return status;
    }
    return this.filter(state, pod, node);
  }

  addPod(state: CycleState, pod: PodInfo, other: PodInfo, node: NodeInfo): void {
    for (const plugin of this.#preFilter) {
      if (!state.skippedFilters.has(plugin.name)) plugin.addPod?.(state, pod, other, node);
    }
  }
  removePod(state: CycleState, pod: PodInfo, other: PodInfo, node: NodeInfo): void {
    for (const plugin of this.#preFilter) {
      if (!state.skippedFilters.has(plugin.name)) plugin.removePod?.(state, pod, other, node);
    }
  }

  /** Asks the plugins in turn until one succeeds; what the others said is put together. */
  postFilter(
    state: CycleState,
    pod: PodInfo,
    cluster: ClusterView,
    refusals: Refusals,
  ): PostFilterResult {
    const reasons: string[] = [];
    let nominatedNodeName: string | undefined;
    for (const plugin of this.#postFilter) {
      const result = plugin.postFilter(state, pod, cluster, refusals);
      if (result.status === undefined) return result;
      if (!isRejected(result.status)) return { status: by(plugin, result.status) };
      reasons.push(...result.status.reasons);
      nominatedNodeName ??= result.nominatedNodeName;
    }
    return {
      status: { code: "Unschedulable", reasons },
      ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    };
  }

  preScore(
    state: CycleState,
    pod: PodInfo,
    cluster: ClusterView,
    nodes: readonly NodeInfo[],
  ): Status | undefined {
    for (const plugin of this.#preScore) {
      const status = plugin.preScore(state, pod, cluster, nodes);
      if (status?.code === "Skip") state.skippedScores.add(plugin.name);
      else if (status !== undefined) return by(plugin, status);
    }
    return undefined;
  }

  /** The total of each node. */
  scores(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): Float64Array {
    const totals = new Float64Array(nodes.length);
    const scores = new Float64Array(nodes.length);
    for (const { plugin, weight } of this.#score) {
      if (state.skippedScores.has(plugin.name)) continue;
      for (let i = 0; i < nodes.length; i++) {
        const node = nodes[i];
        if (node !== undefined) scores[i] = plugin.score(state, pod, node);
      }
      plugin.normalize?.(state, pod, scores);
      for (let i = 0; i < scores.length; i++)
        totals[i] = (totals[i] ?? 0) + weight * (scores[i] ?? 0);
    }
    return totals;
  }

  /** The total of one node, where `isNodeLocal` says that it depends on nothing else. */
  score(state: CycleState, pod: PodInfo, node: NodeInfo): number {
    let total = 0;
    for (const { plugin, weight } of this.#score) {
      if (!state.skippedScores.has(plugin.name)) total += weight * plugin.score(state, pod, node);
    }
    return total;
  }

  /** Whether everything that is not skipped for this pod looks at one node alone. */
  isNodeLocal(state: CycleState): boolean {
    for (const plugin of this.#filter) {
      if (plugin.isNodeLocal !== true && !state.skippedFilters.has(plugin.name)) return false;
    }
    for (const { plugin } of this.#score) {
      if (state.skippedScores.has(plugin.name)) continue;
      if (plugin.isNodeLocal !== true || plugin.normalize !== undefined) return false;
    }
    return true;
  }

  /** On a refusal what was reserved is given back. */
  reserve(state: CycleState, pod: PodInfo, nodeName: string): Status | undefined {
    for (const plugin of this.#reserve) {
      const status = plugin.reserve?.(state, pod, nodeName);
      if (status === undefined) continue;
      this.unreserve(state, pod, nodeName);
      return by(plugin, status);
    }
    return undefined;
  }
  unreserve(state: CycleState, pod: PodInfo, nodeName: string): void {
    for (const plugin of this.#reserve.toReversed()) plugin.unreserve?.(state, pod, nodeName);
  }

  /** Wait, with each waiting plugin's limit, or the first refusal, or nothing. */
  permit(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
  ): Status | { readonly waiting: ReadonlyMap<string, number> } | undefined {
    const waiting = new Map<string, number>();
    for (const plugin of this.#permit) {
      const { status, timeoutMs = 0 } = plugin.permit(state, pod, nodeName) ?? {};
      if (status?.code === "Wait") waiting.set(plugin.name, Math.min(timeoutMs, PERMIT_MAX_MS));
      else if (status !== undefined) return by(plugin, status);
    }
    return waiting.size === 0 ? undefined : { waiting };
  }

  async preBind(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
    signal: AbortSignal,
  ): Promise<Status | undefined> {
    for (const plugin of this.#preBind) {
      const status = await plugin.preBind(state, pod, nodeName, signal);
      if (status !== undefined && status.code !== "Skip") return by(plugin, status);
    }
    return undefined;
  }

  async bind(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
    signal: AbortSignal,
  ): Promise<Status | undefined> {
    for (const plugin of this.#bind) {
      const status = await plugin.bind(state, pod, nodeName, signal);
      if (status?.code === "Skip") continue;
      return status === undefined ? undefined : by(plugin, status);
    }
    return errorStatus(new Error(`no plugin of profile ${this.profile} binds pod ${pod.key}`));
  }

  postBind(state: CycleState, pod: PodInfo, nodeName: string): void {
    for (const plugin of this.#postBind) plugin.postBind(state, pod, nodeName);
  }

  #register({ name, events }: Plugin): void {
    for (const [event, hint] of Object.entries(events ?? {})) {
      // The keys of PluginEvents are events.
      const key = event as ClusterEvent;
      const byPlugin = this.#hints.get(key) ?? new Map<string, QueueingHint | true>();
      byPlugin.set(name, hint);
      this.#hints.set(key, byPlugin);
    }
  }
}

const NO_HINTS: ReadonlyMap<string, QueueingHint | true> = new Map();
/** Upstream's maxTimeout of a permit plugin. */
const PERMIT_MAX_MS = 15 * 60_000;

function has<K extends keyof Plugin>(plugin: Plugin, point: K): plugin is Having<K> {
  return plugin[point] !== undefined;
}
function having<K extends keyof Plugin>(plugins: readonly Plugin[], point: K): Having<K>[] {
  return plugins.filter((plugin) => has(plugin, point));
}

function by(plugin: Plugin, status: Status): Status {
  return status.plugin === undefined ? withPlugin(plugin.name, status) : status;
}

/** Refusals are mostly constants: each gets its plugin's name once. */
const named = new WeakMap<Status, Status>();
function withPlugin(plugin: string, status: Status): Status {
  const known = named.get(status);
  if (known?.plugin === plugin) return known;
  const made = { ...status, plugin };
  named.set(status, made);
  return made;
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((name) => b.has(name)));
}
