import { cronJobs, jobs } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, type Scene, type Stage } from "../testing/perturbations.ts";
import { cronJobController } from "./controller.ts";

const HOUR_MS = 3_600_000;
const later = async ({ clock }: Stage) => clock.advance(HOUR_MS);

/** Every Job is done at once. */
const complete = ({ client, clock }: Stage) => {
  for (const job of client.peekAll(jobs)) {
    if (job.status?.conditions !== undefined) continue;
    const completionTime = new Date(clock.now()).toISOString();
    client.seed(jobs, {
      ...job,
      status: { completionTime, conditions: [{ type: "Complete", status: "True" }] },
    });
  }
};

const scene: Scene = {
  controllers: [cronJobController],
  compared: [cronJobs, jobs],
  environment: complete,
  steps: [
    async ({ client }) =>
      void (await client.create(cronJobs, {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "tick", namespace: "default" },
        spec: {
          schedule: "30 * * * *",
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          successfulJobsHistoryLimit: 2,
          jobTemplate: { spec: { template: {} } },
        },
      })),
    later,
    later,
    later,
  ],
};

describe("the CronJob controller", () => {
  it("starts each Job once whatever happens to it", async () => {
    const { stage, events } = await expectSameEnd(scene);
    expect(stage.client.peekAll(jobs)).toHaveLength(2);
    expect(events.filter(({ reason }) => reason === "SuccessfulCreate")).toHaveLength(3);
    const { status } = await stage.client.get(cronJobs, "default", "tick");
    expect(status).toMatchObject({ lastScheduleTime: "2026-01-01T02:30:00Z" });
    expect(status?.active).toBeUndefined();
  });
});
