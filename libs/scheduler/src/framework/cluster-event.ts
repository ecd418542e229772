/**
 * What can happen in a cluster that may make an unschedulable pod schedulable, and what a plugin makes of it.
 *
 * Upstream: staging/src/k8s.io/kube-scheduler/framework/types.go ClusterEvent, QueueingHintFn @1.36
 */
import type { KubeObject } from "@kubets/api";
import type { PodInfo } from "../cluster/pod-info.ts";

export type ClusterEvent =
  | "NodeAdd"
  | "NodeDelete"
  | "NodeAllocatableChange"
  | "NodeLabelChange"
  | "NodeTaintChange"
  | "NodeConditionChange"
  | "NodeAnnotationChange"
  | "AssignedPodAdd"
  | "AssignedPodDelete"
  | "AssignedPodUpdate"
  /** Something other than the status of the pod itself changed. */
  | "UnscheduledPodUpdate"
  | "StorageChange";

/** The object before and after; either may be absent. */
export interface EventObjects {
  readonly old?: KubeObject | undefined;
  readonly current?: KubeObject | undefined;
}

/** Whether the event may make the pod, which this plugin refused, schedulable. */
export type QueueingHint = (pod: PodInfo, objects: EventObjects) => boolean;

/** The events for which a pod that the plugin refused is looked at again, with a finer test where there is one. */
export type PluginEvents = Readonly<Partial<Record<ClusterEvent, QueueingHint | true>>>;
