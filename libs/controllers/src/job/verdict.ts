/**
 * Whether a Job has to end, and why.
 *
 * Upstream: pkg/controller/job/{job_controller,success_policy}.go @1.36
 */
import { parseTime } from "@kubets/api";
import type { Job } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { judgeFailure } from "./failure-policy.ts";
import { intervalsSize, isInIntervals, parseIntervals } from "./indexes.ts";
import { standingVerdict, type Verdict } from "./job-conditions.ts";
import { isFailed, isSuspended } from "./job-pods.ts";

export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  readonly succeededIndexes: ReadonlySet<number>;
  /** Undefined: the Job does not limit the failures of each index. */
  readonly failedIndexes: ReadonlySet<number> | undefined;
}

const failure = (reason: string, message: string): Verdict => ({
  isSuccess: false,
  reason,
  message,
});

/** Everything but that the completions have been reached. */
export function verdictOf(
  job: Job,
  pods: readonly Pod[],
  tally: Tally,
  nowMs: number,
): Verdict | undefined {
  const standing = standingVerdict(job);
  if (standing !== undefined) return standing;
  const { spec } = job;
  for (const pod of pods) {
    if (!isFailed(job, pod)) continue;
    const { action, message = "" } = judgeFailure(spec?.podFailurePolicy, pod);
    if (action === "FailJob") return failure("PodFailurePolicy", message);
  }
  const backoffLimit = spec?.backoffLimit ?? 6;
  if (tally.failed > backoffLimit || hasRestartedTooOften(job, pods, backoffLimit)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if ((deadlineLeftMs(job, nowMs) ?? 1) <= 0) {
    return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  const { failedIndexes } = tally;
  if (failedIndexes !== undefined) {
    if (failedIndexes.size > (spec?.maxFailedIndexes ?? Number.POSITIVE_INFINITY)) {
      return failure(
        "MaxFailedIndexesExceeded",
        "Job has exceeded the specified maximal number of failed indexes",
      );
    }
    const decided = tally.succeededIndexes.size + failedIndexes.size;
    if (failedIndexes.size > 0 && decided >= (spec?.completions ?? 0)) {
      return failure("FailedIndexes", "Job has failed indexes");
    }
  }
  return successByPolicy(job, tally);
}

/** Restarts of containers in pods that restart them count as failures. */
function hasRestartedTooOften(job: Job, pods: readonly Pod[], backoffLimit: number): boolean {
  if (job.spec?.template.spec?.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== "Running" && status?.phase !== "Pending") continue;
    for (const container of [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
    ]) {
      restarts += container.restartCount ?? 0;
    }
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** Undefined: there is no deadline, or it does not run. */
export function deadlineLeftMs(job: Job, nowMs: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  const startedMs = parseTime(job.status?.startTime ?? "");
  if (seconds === undefined || startedMs === undefined || isSuspended(job)) return undefined;
  return startedMs + seconds * 1000 - nowMs;
}

function successByPolicy(job: Job, { succeededIndexes }: Tally): Verdict | undefined {
  const completions = job.spec?.completions ?? 0;
  for (const [at, rule] of (job.spec?.successPolicy?.rules ?? []).entries()) {
    const wanted =
      rule.succeededIndexes === undefined
        ? undefined
        : parseIntervals(rule.succeededIndexes, completions);
    const matching =
      wanted === undefined
        ? succeededIndexes.size
        : [...succeededIndexes].filter((index) => isInIntervals(wanted, index)).length;
    const all = wanted === undefined ? Number.POSITIVE_INFINITY : intervalsSize(wanted);
    if (matching > 0 && matching >= (rule.succeededCount ?? all)) {
      return {
        isSuccess: true,
        reason: "SuccessPolicy",
        message: `Matched rules at index ${at}`,
      };
    }
  }
  return undefined;
}
