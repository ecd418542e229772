/**
 * How many pods a ReplicaSet (or ReplicationController) lacks or has too many, and what its status says.
 *
 * Upstream: pkg/controller/replicaset/replica_set.go manageReplicas, replica_set_utils.go calculateStatus @1.36
 */
import { formatTime, isPodAvailable, isPodReady } from "@kubets/api";
import type { ReplicaSetCondition, ReplicaSetStatus } from "@kubets/api/apps/v1";
import type { Pod } from "@kubets/api/core/v1";
import { inDeletionOrder } from "../pod-control/deletion-order.ts";

/** At most so many pods are created or deleted in one turn. */
export const BURST_REPLICAS = 500;

export type ReplicaPlan =
  | { readonly kind: "enough" }
  | { readonly kind: "create"; readonly count: number }
  | { readonly kind: "delete"; readonly pods: readonly Pod[] };

export function planReplicas(input: {
  readonly replicas: number;
  /** Active pods it holds. */
  readonly active: readonly Pod[];
  /** Active pods of its siblings and its own, for the spread. Asked for only when some must go. */
  related(): readonly Pod[];
  readonly nowMs: number;
}): ReplicaPlan {
  const { replicas, active, nowMs } = input;
  const missing = replicas - active.length;
  if (missing === 0) return { kind: "enough" };
  if (missing > 0) return { kind: "create", count: Math.min(missing, BURST_REPLICAS) };
  const surplus = Math.min(-missing, BURST_REPLICAS);
  // When all have to go there is nothing to choose.
  const ordered =
    surplus < active.length ? inDeletionOrder(active, input.related(), nowMs) : active;
  return { kind: "delete", pods: ordered.slice(0, surplus) };
}

export interface ReplicaFailure {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

export function replicaStatus(input: {
  readonly generation: number | undefined;
  readonly minReadySeconds: number;
  readonly templateLabels: Readonly<Record<string, string>>;
  readonly status: ReplicaSetStatus | undefined;
  readonly active: readonly Pod[];
  /** Absent: the kind has no such field. */
  readonly terminating?: number;
  readonly failure: ReplicaFailure | undefined;
  readonly nowMs: number;
}): ReplicaSetStatus {
  const { active, minReadySeconds, nowMs, generation } = input;
  const wanted = Object.entries(input.templateLabels);
  let fullyLabeled = 0;
  let ready = 0;
  let available = 0;
  for (const pod of active) {
    const labels = pod.metadata.labels ?? {};
    if (wanted.every(([key, value]) => labels[key] === value)) fullyLabeled++;
    if (!isPodReady(pod)) continue;
    ready++;
    if (isPodAvailable(pod, minReadySeconds, nowMs)) available++;
  }
  const conditions = failureConditions(input.status?.conditions, input.failure, nowMs);
  return {
    replicas: active.length,
    ...(fullyLabeled === 0 ? {} : { fullyLabeledReplicas: fullyLabeled }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    ...(input.terminating === undefined ? {} : { terminatingReplicas: input.terminating }),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function failureConditions(
  conditions: readonly ReplicaSetCondition[] | undefined,
  failure: ReplicaFailure | undefined,
  nowMs: number,
): ReplicaSetCondition[] {
  const others = (conditions ?? []).filter(({ type }) => type !== "ReplicaFailure");
  if (failure === undefined) return others;
  const known = conditions?.find(({ type }) => type === "ReplicaFailure");
  const condition = known ?? {
    type: "ReplicaFailure",
    status: "True",
    lastTransitionTime: formatTime(nowMs),
    reason: failure.reason,
    message: failure.message,
  };
  return [...others, condition];
}
