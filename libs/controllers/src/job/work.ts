/**
 * Which pods a Job creates and deletes.
 *
 * Upstream: pkg/controller/job/job_controller.go manageJob @1.36
 */
import { isPodTerminal, isPodTerminating } from "@kubets/api";
import type { Job } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { inPlainDeletionOrder } from "../pod-control/deletion-order.ts";
import { backoffLeftMs, delayLeftMs } from "./backoff.ts";
import { indexesOf, indexFailures, lastFailures } from "./index-state.ts";
import { completionIndex, firstFreeIndexes } from "./indexes.ts";
import { finishedMs, isIndexed, isSuspended, jobPod, replacesOnlyFailed } from "./job-pods.ts";
import type { Tally } from "./verdict.ts";

const PODS_PER_TURN = 500;

export interface WorkInput {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly nowMs: number;
}

export interface Work {
  readonly create: readonly Pod[];
  readonly delete: readonly Pod[];
  readonly afterMs: number | undefined;
}

export function planWork(
  { job, pods, nowMs }: WorkInput,
  active: readonly Pod[],
  tally: Tally,
): Work {
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
  const surplus = surplusPods(job, active, Math.max(0, active.length - wanted));
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
export function planIndexes(
  { job, pods, nowMs }: WorkInput,
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
    const failures =
      failedPod === undefined ? { counted: 0, ignored: 0 } : indexFailures(job, failedPod);
    const waitMs =
      failedPod === undefined
        ? 0
        : delayLeftMs(failures.counted + failures.ignored, finishedMs(failedPod), nowMs);
    if (waitMs > 0) afterMs = soonest(afterMs, waitMs);
    else create.push(jobPod(job, index, failures));
  }
  return { create, delete: [], afterMs };
}

/** At least `count`, and every pod whose index another one has too. */
export function surplusPods(job: Job, active: readonly Pod[], count: number): Pod[] {
  const surplus: Pod[] = [];
  let rest = active;
  if (isIndexed(job)) {
    const completions = job.spec?.completions ?? 0;
    const seen = new Set<number>();
    const single: Pod[] = [];
    // Those that would be given up last keep the index.
    for (const pod of inPlainDeletionOrder(active).reverse()) {
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
  return [...surplus, ...inPlainDeletionOrder(rest).slice(0, more)];
}

export function soonest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
