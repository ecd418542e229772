/**
 * The next step of a Job: pods to create and delete, pods whose end has been counted, and the status.
 *
 * Upstream: pkg/controller/job/job_controller.go syncJob @1.36
 */
import { formatTime, isPodActive, isPodReady, isPodTerminal, isPodTerminating } from "@kubets/api";
import type { Job, JobStatus } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { endedPods, merged, settleCounts, uidOf } from "./counting.ts";
import { failedIndexSet, heldPods, succeededIndexes } from "./index-state.ts";
import { formatIndexes } from "./indexes.ts";
import { jobCondition, type Verdict, withCondition, withVerdict } from "./job-conditions.ts";
import { isIndexed, isSuspended, isTracked } from "./job-pods.ts";
import { deadlineLeftMs, type Tally, verdictOf } from "./verdict.ts";
import { planWork, soonest, type Work } from "./work.ts";

export interface JobInput {
  readonly job: Job;
  /** All that it controls. */
  readonly pods: readonly Pod[];
  /** Whether everything it asked for before is in view; otherwise it only counts. */
  readonly mayAct: boolean;
  readonly nowMs: number;
}

export interface JobPlan {
  readonly create: readonly Pod[];
  readonly delete: readonly Pod[];
  /** To be written before any finalizer goes. */
  readonly status: JobStatus;
  readonly removeFinalizers: readonly Pod[];
  readonly verdict: Verdict | undefined;
  readonly afterMs: number | undefined;
}

export function planJob(input: JobInput): JobPlan {
  const { job, pods, nowMs } = input;
  const tracked = pods.filter(isTracked);
  const before = settleCounts(job.status ?? {}, new Set(tracked.map(uidOf)));
  const indexes = succeededIndexes(job, tracked);
  const failedIndexes = failedIndexSet(job, tracked);
  const fresh = endedPods(job, tracked, before, undefined, new Set());
  const uncounted = before.uncountedTerminatedPods ?? {};
  const tally: Tally = {
    succeeded: isIndexed(job)
      ? indexes.size
      : (before.succeeded ?? 0) + (uncounted.succeeded?.length ?? 0) + fresh.succeeded.length,
    failed: (before.failed ?? 0) + (uncounted.failed?.length ?? 0) + fresh.failed.length,
    succeededIndexes: indexes,
    failedIndexes,
  };
  let verdict = verdictOf({ ...job, status: before }, pods, tally, nowMs);
  const active = pods.filter((pod) => isPodActive(pod));
  let work: Work = { create: [], delete: [], afterMs: undefined };
  const isEnding = job.metadata.deletionTimestamp !== undefined;
  if (verdict !== undefined) work = { ...work, delete: active };
  else if (input.mayAct && !isEnding) work = planWork(input, active, tally);
  const remaining = active.length - work.delete.length + work.create.length;
  if (verdict === undefined && isCompleted(job, tally, remaining)) {
    verdict = {
      isSuccess: true,
      reason: "CompletionsReached",
      message: "Reached expected number of succeeded pods",
    };
  }
  const held = heldPods(job, tracked, active, tally, verdict);
  const ended = endedPods(job, tracked, before, verdict, held);
  const counted = { ...before, ...merged(before, ended) };
  const terminating = pods.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod)).length;
  const gone = new Set(work.delete);
  const ready = active.filter((pod) => !gone.has(pod) && isPodReady(pod)).length;
  let status: JobStatus = {
    ...counted,
    ...(isSuspended(job) || job.status?.startTime !== undefined
      ? {}
      : { startTime: formatTime(nowMs) }),
    active: remaining,
    ready,
    terminating: terminating + work.delete.length,
    ...(isIndexed(job)
      ? {
          succeeded: indexes.size,
          completedIndexes: formatIndexes(indexes),
          ...(failedIndexes === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
        }
      : {}),
  };
  if (verdict === undefined) status = isEnding ? status : withSuspension(job, status, nowMs);
  else status = withVerdict(status, verdict, isOver(status, ended.removable.length), nowMs);
  return {
    create: work.create,
    delete: work.delete,
    status,
    removeFinalizers: ended.removable,
    verdict,
    afterMs: soonest(work.afterMs, verdict === undefined ? deadlineLeftMs(job, nowMs) : undefined),
  };
}

/** The status after these finalizers have gone, and the end if nothing is left. */
export function afterRemoval(
  status: JobStatus,
  verdict: Verdict | undefined,
  input: { readonly stillTracked: ReadonlySet<string>; readonly nowMs: number },
): JobStatus {
  const settled = settleCounts(status, input.stillTracked);
  if (verdict === undefined) return settled;
  return withVerdict(settled, verdict, isOver(settled, input.stillTracked.size), input.nowMs);
}

function isOver(status: JobStatus, removable: number): boolean {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const isCounted = removable + succeeded.length + failed.length === 0;
  return isCounted && (status.active ?? 0) === 0 && (status.terminating ?? 0) === 0;
}

function isCompleted(job: Job, tally: Tally, active: number): boolean {
  const { completions } = job.spec ?? {};
  if (active > 0 || (isSuspended(job) && job.status?.startTime === undefined)) return false;
  return completions === undefined ? tally.succeeded > 0 : tally.succeeded >= completions;
}

/** A Job that pauses has no start, and one that goes on starts its deadline anew. */
function withSuspension(job: Job, status: JobStatus, nowMs: number): JobStatus {
  const isMarked = jobCondition(status, "Suspended")?.status === "True";
  if (isSuspended(job)) {
    if (isMarked) return status;
    const { startTime: _, ...paused } = withCondition(
      status,
      { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" },
      nowMs,
    );
    return paused;
  }
  if (!isMarked) return status;
  const resumed = withCondition(
    status,
    { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" },
    nowMs,
  );
  return { ...resumed, startTime: formatTime(nowMs) };
}
