/**
 * How long a Job waits before it makes another pod after failures: 10 s, doubled for each further failure in a row, at
 * most 10 minutes. Reckoned from the pods that are there, so that a restart of the controller forgets nothing.
 *
 * Upstream: pkg/controller/job/backoff_utils.go @1.36
 */
import type { Job } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { finishedMs, isFailed } from "./job-pods.ts";

const BASE_MS = 10_000;
const MAX_MS = 600_000;

export function backoffLeftMs(job: Job, pods: readonly Pod[], nowMs: number): number {
  let lastSuccessMs = Number.NEGATIVE_INFINITY;
  for (const pod of pods) {
    if (pod.status?.phase === "Succeeded") lastSuccessMs = Math.max(lastSuccessMs, finishedMs(pod));
  }
  let failures = 0;
  let lastFailureMs = Number.NEGATIVE_INFINITY;
  for (const pod of pods) {
    // What was deleted was not a failure of its work.
    if (pod.status?.phase !== "Failed" || !isFailed(job, pod)) continue;
    const atMs = finishedMs(pod);
    if (atMs < lastSuccessMs) continue;
    failures++;
    lastFailureMs = Math.max(lastFailureMs, atMs);
  }
  return delayLeftMs(failures, lastFailureMs, nowMs);
}

export function delayLeftMs(failures: number, lastFailureMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  const delayMs = Math.min(BASE_MS * 2 ** Math.min(failures - 1, 16), MAX_MS);
  return Math.max(0, lastFailureMs + delayMs - nowMs);
}
