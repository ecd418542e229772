/** The conditions of a Job. */
import { formatTime } from "@kubets/api";
import type { Job, JobCondition, JobStatus } from "@kubets/api/batch/v1";

/** Why a Job ends, before its last pods have. */
export interface Verdict {
  readonly isSuccess: boolean;
  readonly reason: string;
  readonly message: string;
}

export function jobCondition(status: JobStatus | undefined, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isTrue(status: JobStatus | undefined, type: string): boolean {
  return jobCondition(status, type)?.status === "True";
}

/** Upstream: pkg/controller/job/utils.go IsJobFinished @1.36 */
export function isJobFinished(job: Job): boolean {
  return isTrue(job.status, "Complete") || isTrue(job.status, "Failed");
}

/** The verdict that was written down before. */
export function standingVerdict(job: Job): Verdict | undefined {
  for (const [type, isSuccess] of [
    ["FailureTarget", false],
    ["SuccessCriteriaMet", true],
  ] as const) {
    const found = jobCondition(job.status, type);
    if (found?.status === "True") {
      return { isSuccess, reason: found.reason ?? "", message: found.message ?? "" };
    }
  }
  return undefined;
}

/** With the condition; the same object when it is there with this status. */
export function withCondition(
  status: JobStatus,
  condition: { type: string; status: string; reason: string; message: string },
  nowMs: number,
): JobStatus {
  const known = jobCondition(status, condition.type);
  if (known?.status === condition.status) return status;
  const time = formatTime(nowMs);
  const made: JobCondition = { ...condition, lastProbeTime: time, lastTransitionTime: time };
  const others = (status.conditions ?? []).filter(({ type }) => type !== condition.type);
  return { ...status, conditions: [...others, made] };
}

/** `isFinal`: nothing of the Job runs any more. */
export function withVerdict(
  status: JobStatus,
  { isSuccess, reason, message }: Verdict,
  isFinal: boolean,
  nowMs: number,
): JobStatus {
  const early = isSuccess ? "SuccessCriteriaMet" : "FailureTarget";
  const judged = withCondition(status, { type: early, status: "True", reason, message }, nowMs);
  if (!isFinal) return judged;
  const final = isSuccess ? "Complete" : "Failed";
  const ended = withCondition(judged, { type: final, status: "True", reason, message }, nowMs);
  return isSuccess ? { ...ended, completionTime: formatTime(nowMs) } : ended;
}
