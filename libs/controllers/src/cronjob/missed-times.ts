/**
 * The newest time at which a CronJob should have started, and how many it has missed.
 *
 * Upstream: pkg/controller/cronjob/utils.go mostRecentScheduleTime @1.36
 */
import { parseTime } from "@kubets/api";
import type { CronJob } from "@kubets/api/batch/v1";
import type { Schedule } from "./schedule.ts";

export interface MissedTimes {
  /** Undefined: not yet. */
  readonly latestMs: number | undefined;
  readonly isTooMany: boolean;
}

const MISSED_MAX = 100;

export function missedTimes(cronJob: CronJob, schedule: Schedule, nowMs: number): MissedTimes {
  const { metadata, status, spec } = cronJob;
  const sinceMs =
    parseTime(status?.lastScheduleTime ?? "") ??
    parseTime(metadata.creationTimestamp ?? "") ??
    nowMs;
  const deadlineSeconds = spec?.startingDeadlineSeconds;
  const earliestMs =
    deadlineSeconds === undefined ? sinceMs : Math.max(sinceMs, nowMs - deadlineSeconds * 1000);
  const none: MissedTimes = { latestMs: undefined, isTooMany: false };
  const first = schedule.next(earliestMs);
  if (first === undefined || first > nowMs) return none;
  const second = schedule.next(first);
  if (second === undefined || second > nowMs) return { latestMs: first, isTooMany: false };
  const periodMs = Math.max(1000, second - first);
  const missed = Math.floor((nowMs - first) / periodMs) + 1;
  // Near the end, so that a long pause is not walked through minute by minute.
  const jump = first + Math.max(0, missed - 2) * periodMs;
  const latestMs = lastUntil(schedule, jump - 1, nowMs) ?? lastUntil(schedule, second - 1, nowMs);
  const isTooMany = missed > MISSED_MAX;
  return { latestMs: latestMs ?? second, isTooMany };
}

/** The last time after `fromMs` that is not after `untilMs`. */
function lastUntil(schedule: Schedule, fromMs: number, untilMs: number): number | undefined {
  let last: number | undefined;
  for (;;) {
    const next = schedule.next(last ?? fromMs);
    if (next === undefined || next > untilMs) return last;
    last = next;
  }
}
