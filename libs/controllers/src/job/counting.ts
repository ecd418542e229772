/**
 * Counts pods that have ended, each once: its uid goes into the status, then its finalizer goes, then the uid becomes
 * a number. Whoever stops in between finds the uid or the finalizer.
 *
 * Upstream: pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers @1.36
 */
import { isPodTerminating } from "@kubets/api";
import type { Job, JobStatus } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { judgeFailure } from "./failure-policy.ts";
import { completionIndex } from "./indexes.ts";
import type { Verdict } from "./job-conditions.ts";
import { isFailed, isIndexed } from "./job-pods.ts";

/** So many pods are counted in one turn: the status would become too large. */
const UNCOUNTED_MAX = 500;

export interface Ended {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  readonly removable: readonly Pod[];
}

/** Turns uids whose finalizers are gone into numbers. */
export function settleCounts(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const isLeft = (uid: string) => tracked.has(uid);
  const [leftSucceeded, leftFailed] = [succeeded.filter(isLeft), failed.filter(isLeft)];
  const moreSucceeded = succeeded.length - leftSucceeded.length;
  const moreFailed = failed.length - leftFailed.length;
  return {
    ...status,
    ...(moreSucceeded === 0 ? {} : { succeeded: (status.succeeded ?? 0) + moreSucceeded }),
    ...(moreFailed === 0 ? {} : { failed: (status.failed ?? 0) + moreFailed }),
    uncountedTerminatedPods: {
      ...(leftSucceeded.length === 0 ? {} : { succeeded: leftSucceeded }),
      ...(leftFailed.length === 0 ? {} : { failed: leftFailed }),
    },
  };
}

export function merged(
  status: JobStatus,
  ended: Ended,
): Pick<JobStatus, "uncountedTerminatedPods"> {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const allSucceeded = [...succeeded, ...ended.succeeded];
  const allFailed = [...failed, ...ended.failed];
  return {
    uncountedTerminatedPods: {
      ...(allSucceeded.length === 0 ? {} : { succeeded: allSucceeded }),
      ...(allFailed.length === 0 ? {} : { failed: allFailed }),
    },
  };
}

/** Tracked pods that have ended (all of them, once the Job is over or goes), and how they count. */
export function endedPods(
  job: Job,
  tracked: readonly Pod[],
  status: JobStatus,
  verdict: Verdict | undefined,
  held: ReadonlySet<Pod>,
): Ended {
  const known = status.uncountedTerminatedPods ?? {};
  const knownSucceeded = new Set(known.succeeded);
  const knownFailed = new Set(known.failed);
  const succeeded: string[] = [];
  const failed: string[] = [];
  const removable: Pod[] = [];
  const isOver = verdict !== undefined || job.metadata.deletionTimestamp !== undefined;
  const counts = (pod: Pod) => {
    if (verdict === undefined) return isFailed(job, pod);
    // A Job that succeeds deletes the rest of its pods: those have not failed.
    return !verdict.isSuccess || (pod.status?.phase === "Failed" && !isPodTerminating(pod));
  };
  const hasIndex = (pod: Pod) =>
    !isIndexed(job) || completionIndex(pod, job.spec?.completions ?? 0) !== undefined;
  for (const pod of tracked) {
    if (removable.length >= UNCOUNTED_MAX) break;
    const uid = uidOf(pod);
    if (pod.status?.phase === "Succeeded") {
      // Indexed Jobs count indexes, not pods.
      if (!isIndexed(job) && !knownSucceeded.has(uid)) succeeded.push(uid);
      removable.push(pod);
    } else if (isFailed(job, pod) || isOver) {
      if (held.has(pod)) continue;
      const { action } = judgeFailure(job.spec?.podFailurePolicy, pod);
      const isKnown = knownFailed.has(uid);
      if (!isKnown && counts(pod) && hasIndex(pod) && action !== "Ignore") failed.push(uid);
      removable.push(pod);
    }
  }
  return { succeeded, failed, removable };
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? "";
}
