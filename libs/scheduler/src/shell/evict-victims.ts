/**
 * Deletes the victims of a preemption in the background. The preemptor is not tried again while its victims
 * are being asked to leave; when that fails it is tried at once.
 *
 * Upstream: pkg/scheduler/framework/preemption/preemption.go prepareCandidateAsync @1.36
 */
import { formatTime, isStatusError } from "@kubets/api";
import { type Client, type EventSource, pods } from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import type { ClusterState } from "../cluster/cluster-state.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { Evictions } from "../preemption/default-preemption.ts";
import type { Candidate } from "../preemption/pick-candidate.ts";
import type { StatusPatcher } from "./status-patcher.ts";
import type { WaitingPods } from "./waiting-pods.ts";

export interface EvictVictimsOptions {
  readonly client: Pick<Client, "patch" | "delete">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cluster: ClusterState;
  readonly waitingPods: WaitingPods;
  readonly statusPatcher: StatusPatcher;
  readonly events: EventSource;
  /** All victims have been asked to leave; or not all, and the pod should be tried at once. */
  readonly onFinished: (uid: string, isFailed: boolean) => void;
  readonly onVictims: (count: number) => void;
  readonly signal: AbortSignal;
}

export function evictVictims(options: EvictVictimsOptions): Evictions {
  const { cluster, logger, statusPatcher, onFinished, onVictims } = options;
  const underWay = new Set<string>();

  /** Whether all victims were asked to leave. */
  async function evictAll(preemptor: PodInfo, { nodeName, victims }: Candidate): Promise<boolean> {
    const staying = victims.pods.filter((victim) => !victim.isDeleting);
    const outcomes = await Promise.allSettled(
      staying.map((victim) => evictOne(options, preemptor, victim, nodeName)),
    );
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      logger.warn("a victim could not be preempted", {
        preemptor: preemptor.key,
        error: outcome.reason,
      });
    }
    return outcomes.every(({ status }) => status === "fulfilled");
  }

  return {
    isUnderWay: (uid) => underWay.has(uid),
    evict(preemptor, candidate) {
      onVictims(candidate.victims.pods.length);
      // Less important pods that were to come to this node may not fit any more: they look elsewhere.
      for (const other of cluster.nominatedPods(candidate.nodeName)) {
        if (other.priority >= preemptor.priority) continue;
        cluster.unnominate(other.uid);
        statusPatcher.patch(other, { nominatedNodeName: "" });
      }
      underWay.add(preemptor.uid);
      const finish = (isFailed: boolean) => {
        underWay.delete(preemptor.uid);
        onFinished(preemptor.uid, isFailed);
      };
      evictAll(preemptor, candidate).then(
        (isDone) => finish(!isDone),
        (error: unknown) => {
          logger.error("preemption failed", { error });
          finish(true);
        },
      );
    },
  };
}

async function evictOne(
  options: EvictVictimsOptions,
  preemptor: PodInfo,
  victim: PodInfo,
  nodeName: string,
): Promise<void> {
  const { client, clock, waitingPods, events, signal } = options;
  if (!waitingPods.reject(victim.uid, "DefaultPreemption", "preempted")) {
    const { namespace, name, uid } = victim;
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "PreemptionByScheduler",
      message: `${preemptor.schedulerName}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: formatTime(clock.now()),
    };
    try {
      await client.patch(
        pods,
        { namespace, name, subresource: "status" },
        {
          type: "application/strategic-merge-patch+json",
          body: { metadata: { uid }, status: { conditions: [condition] } },
        },
        { signal },
      );
      await client.delete(pods, namespace, name, { preconditions: { uid }, signal });
    } catch (error) {
      // It has left by itself.
      if (isStatusError(error, "NotFound") || isStatusError(error, "Conflict")) return;
      throw error;
    }
  }
  events.event(
    victim.pod,
    "Normal",
    "Preempted",
    `Preempted by pod ${preemptor.uid} on node ${nodeName}`,
    { action: "Preempting", related: preemptor.pod },
  );
}
