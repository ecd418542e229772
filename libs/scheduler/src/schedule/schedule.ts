/**
 * One attempt to find a node for a pod: a function of the pod, the cluster and the plugins. Nothing is
 * changed but the place where the next look over the nodes begins, and the kept results for identical pods.
 *
 * Upstream: pkg/scheduler/schedule_one.go schedulePod, findNodesThatFitPod, prioritizeNodes @1.36
 */
import type { ClusterState } from "../cluster/cluster-state.ts";
import type { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import { CycleState } from "../framework/cycle-state.ts";
import type { Framework, PreFilterOutcome } from "../framework/framework.ts";
import { isRejected, type Status, statusMessage, unresolvable } from "../framework/status.ts";
import { type Diagnosis, NOT_LOOKED_AT } from "./diagnosis.ts";
import { nodesToFind } from "./nodes-to-find.ts";
import type { ScoreIndexes } from "./score-indexes.ts";
import { selectHost } from "./select-host.ts";

export type ScheduleResult =
  | { readonly kind: "node"; readonly nodeName: string; readonly state: CycleState }
  | { readonly kind: "unschedulable"; readonly diagnosis: Diagnosis; readonly state: CycleState }
  | { readonly kind: "noNodes" }
  | { readonly kind: "error"; readonly status: Status };

export interface ScheduleContext {
  readonly cluster: ClusterState;
  readonly framework: Framework;
  /** Gives numbers from 0 to 1. */
  readonly random: () => number;
  /** Where the next look over the nodes begins; moved on by each attempt. */
  readonly start: { index: number };
  /** Results kept for identical pods; absent: none are. */
  readonly indexes?: ScoreIndexes;
  /** Of the nodes to look for; 0 adapts to the size of the cluster. Upstream's percentageOfNodesToScore. */
  readonly percentageOfNodesToScore?: number;
}

export function schedule(pod: PodInfo, context: ScheduleContext): ScheduleResult {
  const { cluster, framework } = context;
  if (cluster.nodes.length === 0) return { kind: "noNodes" };
  const state = new CycleState();
  const preFilter = framework.preFilter(state, pod, cluster);
  if (preFilter.status !== undefined) return refusedByPreFilter(preFilter.status, state, context);

  const nominated = cluster.nominatedNode(pod.uid) ?? "";
  if (nominated !== "") {
    const node = cluster.node(nominated);
    const isAllowed = preFilter.nodeNames?.has(nominated) ?? true;
    if (node !== undefined && isAllowed) {
      const status = framework.filterWithNominated(state, pod, node, cluster);
      if (status === undefined) return { kind: "node", nodeName: nominated, state };
      if (status.code === "Error") return { kind: "error", status };
    }
  } else if (preFilter.nodeNames === undefined) {
    const kept = context.indexes?.best(pod, state, context);
    if (kept !== undefined) return { kind: "node", nodeName: kept.name, state };
  }
  return scheduleAnew(pod, state, preFilter, context);
}

function refusedByPreFilter(
  status: Status,
  state: CycleState,
  { cluster }: ScheduleContext,
): ScheduleResult {
  if (!isRejected(status)) return { kind: "error", status };
  const plugins = new Set(status.plugin === undefined ? [] : [status.plugin]);
  const isPending = status.code === "Pending";
  return {
    kind: "unschedulable",
    state,
    diagnosis: {
      allNodes: cluster.nodes.length,
      byNode: new Map(),
      absent: status,
      preFilterMessage: statusMessage(status),
      unschedulablePlugins: isPending ? new Set() : plugins,
      pendingPlugins: isPending ? plugins : new Set(),
    },
  };
}

function scheduleAnew(
  pod: PodInfo,
  state: CycleState,
  preFilter: PreFilterOutcome,
  context: ScheduleContext,
): ScheduleResult {
  const { cluster, framework, random } = context;
  const found = findNodes(pod, state, preFilter, context);
  if ("error" in found) return { kind: "error", status: found.error };
  const { suitable, refused } = found;
  const [only] = suitable;
  if (only === undefined) {
    return {
      kind: "unschedulable",
      state,
      diagnosis: {
        allNodes: cluster.nodes.length,
        byNode: refused,
        absent: absentStatus(preFilter),
        preFilterMessage: "",
        ...rejectors(refused, preFilter),
      },
    };
  }
  if (suitable.length === 1) return { kind: "node", nodeName: only.name, state };
  const status = framework.preScore(state, pod, cluster, suitable);
  if (status !== undefined) return { kind: "error", status };
  const best = selectHost(framework.scores(state, pod, suitable), random);
  return { kind: "node", nodeName: (suitable[best] ?? only).name, state };
}

type Found =
  | { readonly suitable: readonly NodeInfo[]; readonly refused: ReadonlyMap<string, Status> }
  | { readonly error: Status };

/** Looks at nodes in turn until enough will do. */
function findNodes(
  pod: PodInfo,
  state: CycleState,
  { nodeNames }: PreFilterOutcome,
  { cluster, framework, start, percentageOfNodesToScore }: ScheduleContext,
): Found {
  const nodes = nodeNames === undefined ? cluster.nodes : namedNodes(nodeNames, cluster);
  const enough = nodesToFind(nodes.length, percentageOfNodesToScore);
  const suitable: NodeInfo[] = [];
  const refused = new Map<string, Status>();
  const first = nodes.length === 0 ? 0 : start.index % nodes.length;
  let looked = 0;
  while (looked < nodes.length && suitable.length < enough) {
    const node = nodes[(first + looked) % nodes.length];
    looked++;
    if (node === undefined) continue;
    const status = framework.filterWithNominated(state, pod, node, cluster);
    if (status === undefined) suitable.push(node);
    else if (status.code === "Error") return { error: status };
    else refused.set(node.name, status);
  }
  if (nodeNames === undefined && nodes.length > 0) start.index = (first + looked) % nodes.length;
  return { suitable, refused };
}

function namedNodes(names: ReadonlySet<string>, cluster: ClusterState): readonly NodeInfo[] {
  const nodes: NodeInfo[] = [];
  for (const name of names) {
    const node = cluster.node(name);
    if (node !== undefined) nodes.push(node);
  }
  return nodes;
}

/** What is said of the nodes that PreFilter ruled out. */
function absentStatus({ nodeNamesBy }: PreFilterOutcome): Status {
  if (nodeNamesBy === undefined) return NOT_LOOKED_AT;
  const names = nodeNamesBy.toSorted().join(" ");
  return unresolvable(`node(s) didn't satisfy plugin(s) [${names}]`);
}

function rejectors(refused: ReadonlyMap<string, Status>, { nodeNamesBy = [] }: PreFilterOutcome) {
  const unschedulablePlugins = new Set(nodeNamesBy);
  const pendingPlugins = new Set<string>();
  for (const { plugin, code } of refused.values()) {
    if (plugin === undefined) continue;
    if (code === "Pending") pendingPlugins.add(plugin);
    else unschedulablePlugins.add(plugin);
  }
  return { unschedulablePlugins, pendingPlugins };
}
