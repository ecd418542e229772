import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";

/**
 * The cluster as plugins may read it. It does not change during an attempt: an attempt is synchronous, so no
 * copy is needed.
 */
export interface ClusterView {
  /** Every node that is there, zones taking turns. */
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** Nodes with pods that have affinity, or required anti-affinity, towards pods. */
  readonly nodesWithAffinity: ReadonlySet<NodeInfo>;
  readonly nodesWithRequiredAntiAffinity: ReadonlySet<NodeInfo>;
  /** How many nodes have a PreferNoSchedule taint. */
  readonly preferNoScheduleNodes: number;
  /** How many nodes have the image; names carry tags. */
  imageNodes(name: string): number;
  /** Changes when an image comes to or leaves any node, or the number of nodes changes. */
  readonly imagesVersion: number;
  /** Pods that wait for room on the node, which was made or is being made for them. */
  nominatedPods(nodeName: string): readonly PodInfo[];
}
