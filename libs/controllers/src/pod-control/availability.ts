import { isPodAvailable, isPodReady, parseTime, podCondition } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";

/**
 * After how long the next ready pod has been ready for `minReadySeconds`; undefined when no pod waits for that.
 *
 * Upstream: pkg/controller/controller_utils.go FindMinNextPodAvailabilityCheck @1.36
 */
export function nextAvailabilityMs(
  pods: readonly Pod[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  if (minReadySeconds === 0) return undefined;
  let soonest: number | undefined;
  for (const pod of pods) {
    if (!isPodReady(pod) || isPodAvailable(pod, minReadySeconds, nowMs)) continue;
    const since = parseTime(podCondition(pod, "Ready")?.lastTransitionTime ?? "");
    if (since === undefined) continue;
    const leftMs = Math.max(0, since + minReadySeconds * 1000 - nowMs);
    soonest = soonest === undefined ? leftMs : Math.min(soonest, leftMs);
  }
  return soonest;
}
