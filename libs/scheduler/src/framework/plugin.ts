/**
 * The seam of the scheduler: what a plugin may do at each extension point. A plugin is an object with a
 * name and any of these functions. Everything up to Permit is synchronous: an attempt sees one state of the
 * cluster from its beginning to its end.
 *
 * Upstream: staging/src/k8s.io/kube-scheduler/framework/interface.go @1.36
 */
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { PluginEvents } from "./cluster-event.ts";
import type { CycleState } from "./cycle-state.ts";
import type { Status } from "./status.ts";

export interface PreFilterResult {
  /** Absent: success. */
  readonly status?: Status;
  /** Only these nodes can come into question. */
  readonly nodeNames?: ReadonlySet<string>;
}

export interface PostFilterResult {
  readonly status?: Status;
  /** The node that the pod is to have once its victims are gone; empty takes a nomination back. */
  readonly nominatedNodeName?: string;
}

export interface PermitResult {
  readonly status?: Status;
  /** With Wait: how long at most. */
  readonly timeoutMs?: number;
}

/** Which nodes refused the pod, and why. */
export interface Refusals {
  readonly byNode: ReadonlyMap<string, Status>;
  /** What holds for the nodes that were not looked at. */
  readonly absent: Status;
}

export interface Plugin {
  readonly name: string;
  /**
   * Filter and Score depend on nothing but the pod and the one node (and what `version` covers), so that
   * their results may be kept for identical pods. Default false.
   */
  readonly isNodeLocal?: boolean;
  /** Which events may make pods schedulable that this plugin refused. */
  readonly events?: PluginEvents;

  /** May the pod enter the queue of pods to schedule? */
  preEnqueue?(pod: PodInfo): Status | undefined;
  /** QueueSort: whether `a` goes before `b`. */
  less?(a: QueuedPod, b: QueuedPod): boolean;
  /** Computes what Filter needs once; Skip leaves the plugin's Filter out. */
  preFilter?(state: CycleState, pod: PodInfo, cluster: ClusterView): PreFilterResult | undefined;
  /** Keeps what PreFilter computed in step with a pod that is tried on or off a node. */
  addPod?(state: CycleState, pod: PodInfo, other: PodInfo, node: NodeInfo): void;
  removePod?(state: CycleState, pod: PodInfo, other: PodInfo, node: NodeInfo): void;
  filter?(state: CycleState, pod: PodInfo, node: NodeInfo): Status | undefined;
  /** No node passed: make room, or say why not. */
  postFilter?(
    state: CycleState,
    pod: PodInfo,
    cluster: ClusterView,
    refusals: Refusals,
  ): PostFilterResult;
  /** Computes what Score needs once; Skip leaves the plugin's Score out. */
  preScore?(
    state: CycleState,
    pod: PodInfo,
    cluster: ClusterView,
    nodes: readonly NodeInfo[],
  ): Status | undefined;
  /** 0 to 100, or any number where `normalize` brings it there. */
  score?(state: CycleState, pod: PodInfo, node: NodeInfo): number;
  /** Changes the scores of all nodes in place, into 0 to 100. */
  normalize?(state: CycleState, pod: PodInfo, scores: Float64Array): void;
  reserve?(state: CycleState, pod: PodInfo, nodeName: string): Status | undefined;
  unreserve?(state: CycleState, pod: PodInfo, nodeName: string): void;
  permit?(state: CycleState, pod: PodInfo, nodeName: string): PermitResult | undefined;
  preBind?(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
    signal: AbortSignal,
  ): Promise<Status | undefined>;
  /** Skip: the next one shall bind. */
  bind?(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
    signal: AbortSignal,
  ): Promise<Status | undefined>;
  postBind?(state: CycleState, pod: PodInfo, nodeName: string): void;
}

export const MAX_NODE_SCORE = 100;
