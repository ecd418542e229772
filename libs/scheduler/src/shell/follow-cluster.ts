/**
 * Turns what the informers show into the scheduler's state: pods with a node go to the cluster, pods without to
 * the queue, and what may help unschedulable pods is told to the queue.
 *
 * Upstream: pkg/scheduler/eventhandlers.go @1.36
 */
import type { Node, Pod } from "@kubets/api/core/v1";
import type { Change } from "@kubets/client";
import type { ClusterState } from "../cluster/cluster-state.ts";
import { DEFAULT_SCHEDULER_NAME, PodInfo } from "../cluster/pod-info.ts";
import type { ClusterEvent } from "../framework/cluster-event.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";

export interface FollowOptions {
  readonly cluster: ClusterState;
  readonly queue: SchedulingQueue;
  /** Whether one of our profiles schedules pods that name this scheduler. */
  readonly isOurs: (schedulerName: string) => boolean;
  /** A pod that may be waiting for permission is gone. */
  readonly onPodGone: (uid: string) => void;
}

export function followPods(options: FollowOptions): (change: Change<Pod>) => void {
  const { cluster, queue, isOurs, onPodGone } = options;
  return ({ old, current }) => {
    if (current === undefined) {
      const uid = old?.metadata.uid ?? "";
      cluster.unnominate(uid);
      queue.delete(uid);
      onPodGone(uid);
      const isPlaced = cluster.hasPod(uid);
      cluster.removePod(uid);
      if (isPlaced) queue.happened("AssignedPodDelete", { old });
      return;
    }
    if (isAssigned(current)) {
      const info = new PodInfo(current);
      cluster.unnominate(info.uid);
      queue.delete(info.uid);
      const wasAssigned = old !== undefined && isAssigned(old);
      cluster.setPod(info);
      if (!wasAssigned) queue.happened("AssignedPodAdd", { current });
      else if (isRelevantChange(old, current))
        queue.happened("AssignedPodUpdate", { old, current });
      return;
    }
    const name = current.spec?.schedulerName ?? DEFAULT_SCHEDULER_NAME;
    // An assumed pod is on its way to its node; how that ends decides what becomes of it.
    if (!isOurs(name) || cluster.isAssumed(current.metadata.uid ?? "")) return;
    const info = new PodInfo(current);
    if (info.nominatedNodeName !== "") cluster.nominate(info, info.nominatedNodeName);
    if (queue.has(info.uid))
      queue.update(info, old === undefined || isRelevantChange(old, current));
    else queue.add(info);
  };
}

function isAssigned({ spec }: Pod): boolean {
  return spec?.nodeName !== undefined && spec.nodeName !== "";
}

/** Something beside the status, which the scheduler writes itself. */
function isRelevantChange(old: Pod, current: Pod): boolean {
  return (
    isDifferent(old.spec, current.spec) ||
    isDifferent(old.metadata.labels, current.metadata.labels) ||
    isDifferent(old.metadata.annotations, current.metadata.annotations) ||
    isDifferent(old.status?.resourceClaimStatuses, current.status?.resourceClaimStatuses) ||
    isDifferent(allocated(old), allocated(current))
  );
}

/** What running containers were granted: less of it may make room. */
function allocated({ status }: Pod): unknown {
  return status?.containerStatuses?.map(({ resources, allocatedResources }) => [
    resources,
    allocatedResources,
  ]);
}

export function followNodes({
  cluster,
  queue,
}: Pick<FollowOptions, "cluster" | "queue">): (change: Change<Node>) => void {
  return ({ old, current }) => {
    if (current === undefined) {
      cluster.removeNode(old?.metadata.name ?? "");
      queue.happened("NodeDelete", { old });
      return;
    }
    if (old === undefined) {
      cluster.setNode(current);
      queue.happened("NodeAdd", { current });
      return;
    }
    const events = nodeChanges(old, current);
    const hasOtherImages = isDifferent(old.status?.images, current.status?.images);
    // A heartbeat changes nothing that a scheduler looks at.
    if (events.length > 0 || hasOtherImages) cluster.setNode(current);
    for (const event of events) queue.happened(event, { old, current });
  };
}

/** Upstream: pkg/scheduler/framework/events.go NodeSchedulingPropertiesChange @1.36 */
function nodeChanges(old: Node, current: Node): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (isDifferent(old.status?.allocatable, current.status?.allocatable)) {
    events.push("NodeAllocatableChange");
  }
  if (isDifferent(old.metadata.labels, current.metadata.labels)) events.push("NodeLabelChange");
  if (
    isDifferent(old.spec?.taints, current.spec?.taints) ||
    old.spec?.unschedulable !== current.spec?.unschedulable
  ) {
    events.push("NodeTaintChange");
  }
  if (isDifferent(conditionsOf(old), conditionsOf(current))) events.push("NodeConditionChange");
  if (isDifferent(old.metadata.annotations, current.metadata.annotations)) {
    events.push("NodeAnnotationChange");
  }
  return events;
}

function conditionsOf({ status }: Node): unknown {
  return status?.conditions?.map(({ type, status: value }) => [type, value]);
}

function isDifferent(a: unknown, b: unknown): boolean {
  return a !== b && JSON.stringify(a) !== JSON.stringify(b);
}
