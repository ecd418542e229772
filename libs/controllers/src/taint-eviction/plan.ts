/**
 * When a pod has to leave a node with NoExecute taints.
 *
 * Upstream: pkg/controller/tainteviction/taint_eviction.go getMinTolerationTime @1.36
 */
import { type KubeObject, parseTime, podCondition, toleratesTaint } from "@kubets/api";
import type { Pod, Taint } from "@kubets/api/core/v1";

export const noExecuteTaints = (taints: readonly Taint[] | undefined): Taint[] =>
  (taints ?? []).filter(({ effect }) => effect === "NoExecute");

/**
 * Undefined: it may stay. Otherwise the time, in milliseconds since the epoch, from which on it may not; `nowMs` when
 * some taint is not tolerated at all. `seenMs`: when the pod was first seen beside these taints, which counts where a
 * taint does not say since when it is there.
 */
export function evictionTime(
  pod: Pod,
  taints: readonly Taint[],
  { nowMs, seenMs }: { readonly nowMs: number; readonly seenMs: number },
): number | undefined {
  // A pod that came to a tainted node has its time from then on.
  const placedMs = parseTime(podCondition(pod, "PodScheduled")?.lastTransitionTime ?? "") ?? 0;
  const tolerations = pod.spec?.tolerations ?? [];
  let soonestMs: number | undefined;
  for (const taint of taints) {
    const matching = tolerations.filter((toleration) => toleratesTaint(toleration, taint));
    if (matching.length === 0) return nowMs;
    const seconds = matching
      .map(({ tolerationSeconds }) => tolerationSeconds)
      .filter((value) => value !== undefined);
    if (seconds.length === 0) continue;
    const addedMs = parseTime(taint.timeAdded ?? "") ?? seenMs;
    const leaveMs = Math.max(addedMs, placedMs) + Math.max(0, Math.min(...seconds)) * 1000;
    soonestMs = soonestMs === undefined ? leaveMs : Math.min(soonestMs, leaveMs);
  }
  return soonestMs;
}

/** A pod that is on its way out or done needs no eviction. */
export function isEvictable(pod: KubeObject & Pod): boolean {
  const isDone = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  return (
    pod.metadata.deletionTimestamp === undefined && pod.spec?.nodeName !== undefined && !isDone
  );
}
