/**
 * What a CronJob does now: which Job it starts, which it gives up, which history it forgets.
 *
 * Upstream: pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob, cleanupFinishedJobs @1.36
 */
import { controllerReference, parseTime } from "@kubets/api";
import type { CronJob, CronJobStatus, Job } from "@kubets/api/batch/v1";
import type { ObjectReference } from "@kubets/api/core/v1";
import { messageOf } from "../pod-control/pod-writer.ts";
import { missedTimes } from "./missed-times.ts";
import { parseSchedule, type Schedule, ScheduleError } from "./schedule.ts";
import { type TimeZone, timeZone } from "./time-zone.ts";

const SCHEDULED_ANNOTATION = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/** Upstream's nextScheduleDelta: after the moment, not just before it. */
const AFTER_MS = 100;

export interface CronInput {
  readonly cronJob: CronJob;
  /** Those that it controls. */
  readonly jobs: readonly Job[];
  /** uids in status.active of Jobs that are no more. */
  readonly gone: ReadonlySet<string>;
  readonly nowMs: number;
  /** Where schedules without a time zone are. */
  readonly localZone: string;
}

export interface CronEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface CronPlan {
  readonly events: readonly CronEvent[];
  /** Running Jobs that give way to the new one. */
  readonly replace: readonly Job[];
  readonly start: { readonly job: Job; readonly scheduledMs: number } | undefined;
  readonly forget: readonly Job[];
  /** Before anything is started. */
  readonly status: CronJobStatus;
  readonly afterMs: number | undefined;
}

type Decision = Pick<CronPlan, "replace" | "start" | "afterMs">;

export function planCronJob(input: CronInput): CronPlan {
  const events: CronEvent[] = [];
  const status = observed(input, events);
  const { cronJob } = input;
  let decision: Decision = { replace: [], start: undefined, afterMs: undefined };
  if (cronJob.metadata.deletionTimestamp === undefined) {
    decision = decide({ ...input, cronJob: { ...cronJob, status } }, events);
  }
  return { ...decision, events, forget: surplusHistory(input), status };
}

/** How the Job ended; undefined: it has not. */
export function endOf(job: Job): "Complete" | "Failed" | undefined {
  for (const type of ["Complete", "Failed"] as const) {
    const isTrue = job.status?.conditions?.some(
      (condition) => condition.type === type && condition.status === "True",
    );
    if (isTrue === true) return type;
  }
  return undefined;
}

/** The status without Jobs that have ended or are gone. */
function observed({ cronJob, jobs, gone }: CronInput, events: CronEvent[]): CronJobStatus {
  const status = cronJob.status ?? {};
  const active = status.active ?? [];
  const ended = new Set<string | undefined>(gone);
  let lastSuccessfulTime = status.lastSuccessfulTime;
  for (const job of jobs) {
    const end = endOf(job);
    const { name, uid } = job.metadata;
    const isListed = active.some((reference) => reference.uid === uid);
    if (end === undefined && !isListed && job.metadata.deletionTimestamp === undefined) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      events.push({ type: "Warning", reason: "UnexpectedJob", message });
    }
    if (end !== undefined && isListed) {
      ended.add(uid);
      const message = `Saw completed job: ${name}, condition: ${end}`;
      events.push({ type: "Normal", reason: "SawCompletedJob", message });
    }
    const completed = job.status?.completionTime;
    const isLater = (parseTime(completed ?? "") ?? 0) > (parseTime(lastSuccessfulTime ?? "") ?? -1);
    if (end === "Complete" && completed !== undefined && isLater) lastSuccessfulTime = completed;
  }
  for (const reference of active) {
    if (!gone.has(reference.uid ?? "")) continue;
    const message = `Active job went missing: ${reference.name}`;
    events.push({ type: "Normal", reason: "MissingJob", message });
  }
  const left = active.filter(({ uid }) => !ended.has(uid));
  const { active: _, ...others } = status;
  return {
    ...others,
    ...(left.length === 0 ? {} : { active: left }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
}

function decide(input: CronInput, events: CronEvent[]): Decision {
  const { cronJob, nowMs } = input;
  const nothing: Decision = { replace: [], start: undefined, afterMs: undefined };
  const zone = zoneOf(input, events);
  if (zone === undefined || cronJob.spec?.suspend === true) return nothing;
  const schedule = scheduleOf(cronJob, zone, events);
  if (schedule === undefined) return nothing;
  const { latestMs, isTooMany } = missedTimes(cronJob, schedule, nowMs);
  if (isTooMany) {
    events.push({
      type: "Warning",
      reason: "TooManyMissedTimes",
      message:
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
    });
  }
  const next = schedule.next(nowMs);
  const later: Decision = {
    ...nothing,
    afterMs: next === undefined ? undefined : next - nowMs + AFTER_MS,
  };
  if (latestMs === undefined) return later;
  const deadlineSeconds = cronJob.spec?.startingDeadlineSeconds;
  if (deadlineSeconds !== undefined && latestMs + deadlineSeconds * 1000 < nowMs) {
    const message = `Missed scheduled time to start a job: ${rfc1123(latestMs)}`;
    events.push({ type: "Warning", reason: "MissSchedule", message });
    return later;
  }
  if (isStarted(cronJob, latestMs)) return later;
  const active = cronJob.status?.active ?? [];
  const policy = cronJob.spec?.concurrencyPolicy ?? "Allow";
  if (policy === "Forbid" && active.length > 0) {
    const message =
      "Not starting job because prior execution is running and concurrency policy is Forbid";
    events.push({ type: "Normal", reason: "JobAlreadyActive", message });
    return later;
  }
  const running = new Set(active.map(({ uid }) => uid));
  return {
    ...later,
    replace: policy === "Replace" ? input.jobs.filter((job) => running.has(job.metadata.uid)) : [],
    start: { job: jobAt(input, latestMs), scheduledMs: latestMs },
  };
}

/** Whether the Job of this time was started: noted down, or still listed. */
function isStarted({ metadata, status }: CronJob, scheduledMs: number): boolean {
  if (parseTime(status?.lastScheduleTime ?? "") === scheduledMs) return true;
  const name = jobName(metadata.name, scheduledMs);
  return status?.active?.some((reference) => reference.name === name) ?? false;
}

/** One name for one time: it cannot be started twice. */
function jobName(cronJob: string | undefined, scheduledMs: number): string {
  return `${cronJob}-${Math.floor(scheduledMs / 60_000)}`;
}

function zoneOf({ cronJob, localZone }: CronInput, events: CronEvent[]): TimeZone | undefined {
  const { timeZone: zoneName } = cronJob.spec ?? {};
  const zone = timeZone(zoneName ?? localZone);
  if (zone === undefined) {
    const message = `invalid timeZone: ${JSON.stringify(zoneName)}: unknown time zone ${zoneName}`;
    events.push({ type: "Warning", reason: "UnknownTimeZone", message });
  }
  return zone;
}

function scheduleOf({ spec }: CronJob, zone: TimeZone, events: CronEvent[]): Schedule | undefined {
  const { schedule = "" } = spec ?? {};
  if (schedule.includes("TZ")) {
    const message = `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;
    events.push({ type: "Warning", reason: "UnsupportedSchedule", message });
  }
  try {
    return parseSchedule(schedule, zone);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    const message = `unparseable schedule: ${JSON.stringify(schedule)} : ${messageOf(error)}`;
    events.push({ type: "Warning", reason: "UnparseableSchedule", message });
    return undefined;
  }
}

function jobAt({ cronJob }: CronInput, scheduledMs: number): Job {
  const { metadata, spec } = cronJob.spec?.jobTemplate ?? {};
  const { name, namespace } = cronJob.metadata;
  const scheduled = timeZone(cronJob.spec?.timeZone ?? "UTC")?.format(scheduledMs) ?? "";
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobName(name, scheduledMs),
      namespace,
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, [SCHEDULED_ANNOTATION]: scheduled },
      ownerReferences: [controllerReference(cronJob)],
    },
    ...(spec === undefined ? {} : { spec }),
  };
}

export function jobReference({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}

/** The oldest of those that ended, beyond the limits. */
function surplusHistory({ cronJob, jobs }: CronInput): Job[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec ?? {};
  const surplus = (end: "Complete" | "Failed", limit: number | undefined): Job[] => {
    if (limit === undefined) return [];
    const ended = jobs.filter(
      (job) => endOf(job) === end && job.metadata.deletionTimestamp === undefined,
    );
    ended.sort(
      (a, b) =>
        startedMs(a) - startedMs(b) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1),
    );
    return ended.slice(0, Math.max(0, ended.length - limit));
  };
  return [
    ...surplus("Complete", successfulJobsHistoryLimit),
    ...surplus("Failed", failedJobsHistoryLimit),
  ];
}

function startedMs({ status, metadata }: Job): number {
  return parseTime(status?.startTime ?? metadata.creationTimestamp ?? "") ?? 0;
}

/** "Mon, 02 Jan 2006 15:04:05 +0000" */
function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace("GMT", "+0000");
}
