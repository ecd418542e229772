/**
 * The next step of a Job: pods to create and delete, pods whose end has been counted, and the status.
 *
 * A pod that has ended is counted once: its uid goes into the status, then its finalizer goes, then the uid becomes a
 * number. Whoever stops in between finds the uid or the finalizer.
 *
 * Upstream: pkg/controller/job/job_controller.go syncJob, manageJob, trackJobStatusAndRemoveFinalizers @1.36
 */
import { formatTime, isPodActive, isPodReady, isPodTerminal, isPodTerminating } from "@kubets/api";
import type { Job, JobStatus } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { inDeletionOrder } from "../pod-control/deletion-order.ts";
import { backoffLeftMs, delayLeftMs } from "./backoff.ts";
import { judgeFailure } from "./failure-policy.ts";
import { completionIndex, firstFreeIndexes, formatIndexes, parseIndexes } from "./indexes.ts";
import { jobCondition, type Verdict, withCondition, withVerdict } from "./job-conditions.ts";
import {
  earlierFailures,
  finishedMs,
  isFailed,
  isIndexed,
  isSuspended,
  isTracked,
  jobPod,
  replacesOnlyFailed,
} from "./job-pods.ts";
import { deadlineLeftMs, type Tally, verdictOf } from "./verdict.ts";

const PODS_PER_TURN = 500;
const UNCOUNTED_MAX = 500;

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

interface Ended {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  readonly removable: readonly Pod[];
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
  const held = heldPods(job, tracked, active, failedIndexes, verdict);
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
  if (verdict === undefined) status = withSuspension(job, status, nowMs);
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

/** Turns uids whose finalizers are gone into numbers. */
function settleCounts(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
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

function merged(status: JobStatus, ended: Ended): Pick<JobStatus, "uncountedTerminatedPods"> {
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

/** Tracked pods that have ended (all of them, once the Job fails), and how they count. */
function endedPods(
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
  const isFailing = verdict?.isSuccess === false;
  const hasIndex = (pod: Pod) =>
    !isIndexed(job) || completionIndex(pod, job.spec?.completions ?? 0) !== undefined;
  for (const pod of tracked) {
    if (removable.length >= UNCOUNTED_MAX) break;
    const uid = uidOf(pod);
    if (pod.status?.phase === "Succeeded") {
      // Indexed Jobs count indexes, not pods.
      if (!isIndexed(job) && !knownSucceeded.has(uid)) succeeded.push(uid);
      removable.push(pod);
    } else if (isFailed(job, pod) || isFailing) {
      if (held.has(pod)) continue;
      const { action } = judgeFailure(job.spec?.podFailurePolicy, pod);
      if (!knownFailed.has(uid) && hasIndex(pod) && action !== "Ignore") failed.push(uid);
      removable.push(pod);
    }
  }
  return { succeeded, failed, removable };
}

function succeededIndexes(job: Job, tracked: readonly Pod[]): Set<number> {
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
function indexFailures(job: Job, pod: Pod): number {
  const { action } = judgeFailure(job.spec?.podFailurePolicy, pod);
  return earlierFailures(pod) + (action === "Ignore" ? 0 : 1);
}

function failedIndexSet(job: Job, tracked: readonly Pod[]): Set<number> | undefined {
  const limit = job.spec?.backoffLimitPerIndex;
  if (limit === undefined || !isIndexed(job)) return undefined;
  const completions = job.spec?.completions ?? 0;
  const indexes = parseIndexes(job.status?.failedIndexes, completions);
  for (const pod of tracked) {
    const index = completionIndex(pod, completions);
    if (index === undefined || !isFailed(job, pod)) continue;
    const { action } = judgeFailure(job.spec?.podFailurePolicy, pod);
    if (action === "FailIndex" || indexFailures(job, pod) > limit) indexes.add(index);
  }
  return indexes;
}

/** The last failed pod of an index stays until its successor is there: it holds the index's count of failures. */
function heldPods(
  job: Job,
  tracked: readonly Pod[],
  active: readonly Pod[],
  failedIndexes: ReadonlySet<number> | undefined,
  verdict: Verdict | undefined,
): Set<Pod> {
  if (failedIndexes === undefined || verdict !== undefined) return new Set();
  const completions = job.spec?.completions ?? 0;
  const replaced = new Set(active.map((pod) => completionIndex(pod, completions)));
  return new Set(
    [...lastFailures(job, tracked)]
      .filter(([index]) => !failedIndexes.has(index) && !replaced.has(index))
      .map(([, pod]) => pod),
  );
}

/** By index, the failed pod with the most failures before it. */
function lastFailures(job: Job, pods: readonly Pod[]): Map<number, Pod> {
  const completions = job.spec?.completions ?? 0;
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = completionIndex(pod, completions);
    if (index === undefined || !isFailed(job, pod)) continue;
    const known = last.get(index);
    const isLater =
      known === undefined ||
      indexFailures(job, pod) > indexFailures(job, known) ||
      (indexFailures(job, pod) === indexFailures(job, known) &&
        finishedMs(pod) > finishedMs(known));
    if (isLater) last.set(index, pod);
  }
  return last;
}

interface Work {
  readonly create: readonly Pod[];
  readonly delete: readonly Pod[];
  readonly afterMs: number | undefined;
}

function isCompleted(job: Job, tally: Tally, active: number): boolean {
  const { completions } = job.spec ?? {};
  if (active > 0 || isSuspended(job)) return false;
  return completions === undefined ? tally.succeeded > 0 : tally.succeeded >= completions;
}

function planWork({ job, pods, nowMs }: JobInput, active: readonly Pod[], tally: Tally): Work {
  if (isSuspended(job)) return { create: [], delete: active, afterMs: undefined };
  const parallelism = job.spec?.parallelism ?? 1;
  const { completions } = job.spec ?? {};
  const failedCount = tally.failedIndexes?.size ?? 0;
  const wanted =
    completions === undefined
      ? tally.succeeded > 0
        ? active.length
        : parallelism
      : Math.max(0, Math.min(completions - tally.succeeded - failedCount, parallelism));
  const surplus = surplusPods(job, active, Math.max(0, active.length - wanted), nowMs);
  if (surplus.length > 0) {
    return { create: [], delete: surplus.slice(0, PODS_PER_TURN), afterMs: undefined };
  }
  const terminating = replacesOnlyFailed(job)
    ? pods.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod))
    : [];
  const missing = Math.min(wanted - active.length - terminating.length, PODS_PER_TURN);
  if (missing <= 0) return { create: [], delete: [], afterMs: undefined };
  if (tally.failedIndexes !== undefined) {
    return planIndexes({ job, pods, nowMs }, [...active, ...terminating], tally, missing);
  }
  const waitMs = backoffLeftMs(job, pods, nowMs);
  if (waitMs > 0) return { create: [], delete: [], afterMs: waitMs };
  const create = isIndexed(job)
    ? firstFreeIndexes(missing, completions ?? 0, [
        tally.succeededIndexes,
        indexesOf(job, [...active, ...terminating]),
      ]).map((index) => jobPod(job, index, undefined))
    : Array.from({ length: missing }, () => jobPod(job, undefined, undefined));
  return { create, delete: [], afterMs: undefined };
}

/** Each index waits for itself. */
function planIndexes(
  { job, pods, nowMs }: Pick<JobInput, "job" | "pods" | "nowMs">,
  present: readonly Pod[],
  tally: Tally,
  missing: number,
): Work {
  const completions = job.spec?.completions ?? 0;
  const free = firstFreeIndexes(completions, completions, [
    tally.succeededIndexes,
    tally.failedIndexes ?? new Set(),
    indexesOf(job, present),
  ]);
  const last = lastFailures(job, pods);
  const create: Pod[] = [];
  let afterMs: number | undefined;
  for (const index of free) {
    if (create.length === missing) break;
    const failedPod = last.get(index);
    const failures = failedPod === undefined ? 0 : indexFailures(job, failedPod);
    const waitMs =
      failedPod === undefined ? 0 : delayLeftMs(failures, finishedMs(failedPod), nowMs);
    if (waitMs > 0) afterMs = soonest(afterMs, waitMs);
    else create.push(jobPod(job, index, failures));
  }
  return { create, delete: [], afterMs };
}

/** At least `count`, and every pod whose index another one has too. */
function surplusPods(job: Job, active: readonly Pod[], count: number, nowMs: number): Pod[] {
  const surplus: Pod[] = [];
  let rest = active;
  if (isIndexed(job)) {
    const completions = job.spec?.completions ?? 0;
    const seen = new Set<number>();
    const single: Pod[] = [];
    // Those that would be given up last keep the index.
    for (const pod of inDeletionOrder(active, [], nowMs).reverse()) {
      const index = completionIndex(pod, completions);
      if (index === undefined || seen.has(index)) surplus.push(pod);
      else {
        seen.add(index);
        single.push(pod);
      }
    }
    rest = single;
  }
  const more = count - surplus.length;
  if (more <= 0) return surplus;
  return [...surplus, ...inDeletionOrder(rest, [], nowMs).slice(0, more)];
}

function indexesOf(job: Job, pods: readonly Pod[]): Set<number> {
  const indexes = new Set<number>();
  for (const pod of pods) {
    const index = completionIndex(pod, job.spec?.completions ?? 0);
    if (index !== undefined) indexes.add(index);
  }
  return indexes;
}

/** A Job that goes on after a pause starts its deadline anew. */
function withSuspension(job: Job, status: JobStatus, nowMs: number): JobStatus {
  const known = jobCondition(status, "Suspended");
  if (isSuspended(job)) {
    return withCondition(
      status,
      { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" },
      nowMs,
    );
  }
  if (known?.status !== "True") return status;
  const resumed = withCondition(
    status,
    { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" },
    nowMs,
  );
  return { ...resumed, startTime: formatTime(nowMs) };
}

function soonest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? "";
}
