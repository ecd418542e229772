import type { CronJob, Job } from "@kubets/api/batch/v1";
import { describe, expect, it } from "vitest";
import { planCronJob } from "./plan.ts";

const NOW = Date.parse("2026-01-01T10:05:00Z");
const cronJob = (spec: Partial<CronJob["spec"]> & object = {}, status = {}): CronJob => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: {
    name: "tick",
    namespace: "default",
    uid: "c",
    creationTimestamp: "2026-01-01T08:30:00Z",
  },
  spec: {
    schedule: "0 * * * *",
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 1,
    jobTemplate: { metadata: { labels: { a: "b" } }, spec: { template: {} } },
    ...spec,
  },
  status,
});
const job = (name: string, end?: string): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, namespace: "default", uid: name },
  status: {
    startTime: `2026-01-01T0${name.slice(1)}:00:00Z`,
    ...(end === undefined
      ? {}
      : {
          completionTime: `2026-01-01T0${name.slice(1)}:30:00Z`,
          conditions: [{ type: end, status: "True" }],
        }),
  },
});
const active = (name: string) => ({ active: [{ kind: "Job", name, uid: name }] });
const plan = (of: CronJob, jobs: readonly Job[] = [], gone: readonly string[] = []) =>
  planCronJob({ cronJob: of, jobs, gone: new Set(gone), nowMs: NOW, localZone: "UTC" });
const reasons = (of: CronJob, jobs: readonly Job[] = []) =>
  plan(of, jobs).events.map(({ reason }) => reason);

describe("what a CronJob starts", () => {
  it("is the newest missed time, under a name of its own", () => {
    const { start, afterMs } = plan(cronJob());
    expect(start?.job.metadata).toMatchObject({
      name: `tick-${Date.parse("2026-01-01T10:00:00Z") / 60_000}`,
      labels: { a: "b" },
      annotations: { "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T10:00:00Z" },
      ownerReferences: [{ kind: "CronJob", uid: "c", controller: true }],
    });
    expect(afterMs).toBe(55 * 60_000 + 100);
  });
  it.each<[string, CronJob, string[]]>([
    ["not twice", cronJob({}, { lastScheduleTime: "2026-01-01T10:00:00Z" }), []],
    ["not while it is suspended", cronJob({ suspend: true }), []],
    ["not when it is too late", cronJob({ startingDeadlineSeconds: 60 }), []],
    [
      "not when it is listed, though the time was not written",
      cronJob({}, active(`tick-${Date.parse("2026-01-01T10:00:00Z") / 60_000}`)),
      [],
    ],
    [
      "not beside another, if forbidden",
      cronJob({ concurrencyPolicy: "Forbid" }, active("j9")),
      ["JobAlreadyActive"],
    ],
    ["not by an unknown zone", cronJob({ timeZone: "Mars/Base" }), ["UnknownTimeZone"]],
    [
      "not by an unknown zone, which it tells even while it is suspended",
      cronJob({ timeZone: "Mars/Base", suspend: true }),
      ["UnknownTimeZone"],
    ],
    ["not by an unknown schedule", cronJob({ schedule: "often" }), ["UnparseableSchedule"]],
  ])("%s", (_, of, expected) => {
    expect(plan(of).start).toBeUndefined();
    expect(reasons(of)).toEqual(expected);
  });
  it("carries its time in the zone of the schedule", () => {
    const { start } = plan(cronJob({ timeZone: "Asia/Kolkata", schedule: "30 * * * *" }));
    expect(start?.job.metadata.annotations).toEqual({
      "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T15:30:00+05:30",
    });
  });
  it("warns of a zone within the schedule, but follows it", () => {
    const of = cronJob({ schedule: "TZ=UTC 0 * * * *" });
    expect(reasons(of)).toEqual(["UnsupportedSchedule"]);
    expect(plan(of).start).toBeDefined();
  });
  it("replaces the running one, if so asked", () => {
    const { replace, start } = plan(cronJob({ concurrencyPolicy: "Replace" }, active("j9")), [
      job("j9"),
    ]);
    expect([replace.length, start === undefined]).toEqual([1, false]);
  });
  it("says that it has missed very many times, and starts the newest", () => {
    const of = cronJob({ schedule: "* * * * *" }, { lastScheduleTime: "2025-12-01T00:00:00Z" });
    expect(reasons(of)).toEqual(["TooManyMissedTimes"]);
    expect(plan(of).start?.scheduledMs).toBe(NOW);
  });
});

describe("what a CronJob remembers", () => {
  it("takes ended Jobs out of its list, and the time of the last success", () => {
    const planned = plan(cronJob({}, active("j9")), [job("j9", "Complete")]);
    expect(planned.status).toEqual({ lastSuccessfulTime: "2026-01-01T09:30:00Z" });
    expect(planned.events[0]?.message).toBe("Saw completed job: j9, condition: Complete");
  });
  it("takes Jobs that are gone out of its list", () => {
    const planned = plan(cronJob({}, active("j9")), [], ["j9"]);
    expect(planned.status).toEqual({});
    expect(planned.events[0]?.message).toBe("Active job went missing: j9");
  });
  it("forgets the oldest of each sort", () => {
    const jobs = [
      job("j3", "Complete"),
      job("j2", "Complete"),
      job("j1", "Failed"),
      job("j4", "Failed"),
    ];
    expect(plan(cronJob(), jobs).forget.map(({ metadata }) => metadata.name)).toEqual(["j2", "j1"]);
  });
});
