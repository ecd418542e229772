/**
 * What the pods of an indexed Job say about its indexes.
 *
 * Upstream: pkg/controller/job/indexed_job_utils.go @1.36
 */
import type { Job } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { judgeFailure } from "./failure-policy.ts";
import { completionIndex, parseIndexes } from "./indexes.ts";
import type { Verdict } from "./job-conditions.ts";
import {
  earlierFailures,
  finishedMs,
  type IndexFailures,
  isFailed,
  isIndexed,
} from "./job-pods.ts";
import type { Tally } from "./verdict.ts";

export function succeededIndexes(job: Job, tracked: readonly Pod[]): Set<number> {
  const completions = job.spec?.completions ?? 0;
  if (!isIndexed(job)) return new Set();
  const indexes = parseIndexes(job.status?.completedIndexes, completions);
  for (const pod of tracked) {
    const index = completionIndex(pod, completions);
    if (pod.status?.phase === "Succeeded" && index !== undefined) indexes.add(index);
  }
  return indexes;
}

/** Failures of the pod's index, this pod's included. */
export function indexFailures(job: Job, pod: Pod): IndexFailures {
  const { counted, ignored } = earlierFailures(pod);
  const { action } = judgeFailure(job.spec?.podFailurePolicy, pod);
  return action === "Ignore"
    ? { counted, ignored: ignored + 1 }
    : { counted: counted + 1, ignored };
}

/** All failures of the pod's index before it. */
function failuresBefore(pod: Pod): number {
  const { counted, ignored } = earlierFailures(pod);
  return counted + ignored;
}

export function failedIndexSet(job: Job, tracked: readonly Pod[]): Set<number> | undefined {
  const limit = job.spec?.backoffLimitPerIndex;
  if (limit === undefined || !isIndexed(job)) return undefined;
  const completions = job.spec?.completions ?? 0;
  const indexes = parseIndexes(job.status?.failedIndexes, completions);
  for (const pod of tracked) {
    const index = completionIndex(pod, completions);
    if (index === undefined || !isFailed(job, pod)) continue;
    const { action } = judgeFailure(job.spec?.podFailurePolicy, pod);
    if (action === "FailIndex" || indexFailures(job, pod).counted > limit) indexes.add(index);
  }
  return indexes;
}

/** The last failed pod of an index stays until its successor is there: it holds the index's count of failures. */
export function heldPods(
  job: Job,
  tracked: readonly Pod[],
  active: readonly Pod[],
  { succeededIndexes: succeeded, failedIndexes: failed }: Tally,
  verdict: Verdict | undefined,
): Set<Pod> {
  if (failed === undefined || verdict !== undefined) return new Set();
  const replaced = indexesOf(job, active);
  return new Set(
    [...lastFailures(job, tracked)]
      .filter(([index]) => ![failed, succeeded, replaced].some((indexes) => indexes.has(index)))
      .map(([, pod]) => pod),
  );
}

/** By index, the failed pod with the most failures before it. */
export function lastFailures(job: Job, pods: readonly Pod[]): Map<number, Pod> {
  const completions = job.spec?.completions ?? 0;
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = completionIndex(pod, completions);
    if (index === undefined || !isFailed(job, pod)) continue;
    const known = last.get(index);
    const isLater =
      known === undefined ||
      (failuresBefore(pod) >= failuresBefore(known) && finishedMs(pod) >= finishedMs(known));
    if (isLater) last.set(index, pod);
  }
  return last;
}

export function indexesOf(job: Job, pods: readonly Pod[]): Set<number> {
  const indexes = new Set<number>();
  for (const pod of pods) {
    const index = completionIndex(pod, job.spec?.completions ?? 0);
    if (index !== undefined) indexes.add(index);
  }
  return indexes;
}
