import type { Job } from "@kubets/api/batch/v1";
import { jobs, pods } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, play, type Scene, type Stage } from "../testing/perturbations.ts";
import { ttlAfterFinishedController } from "../ttl-after-finished/controller.ts";
import { jobController } from "./controller.ts";

const job = (spec: Partial<Job["spec"]> & object): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "work", namespace: "default" },
  spec: {
    parallelism: 2,
    completions: 5,
    backoffLimit: 6,
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "j" } },
    template: {
      metadata: { labels: { "batch.kubernetes.io/controller-uid": "j" } },
      spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" },
    },
    ...spec,
  },
});
const create =
  (object: Job) =>
  async ({ client }: Stage) =>
    void (await client.create(jobs, object));
const base = { controllers: [jobController], compared: [jobs] };
const statusOf = async ({ client }: Stage) => (await client.get(jobs, "default", "work")).status;

describe("the Job controller", () => {
  it("counts every completion once whatever happens to it", async () => {
    const scene: Scene = { ...base, behaviour: () => "succeed", steps: [create(job({}))] };
    const { stage, events } = await expectSameEnd(scene);
    expect(await statusOf(stage)).toMatchObject({
      succeeded: 5,
      active: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      conditions: [
        { type: "SuccessCriteriaMet", status: "True", reason: "CompletionsReached" },
        { type: "Complete", status: "True", message: "Reached expected number of succeeded pods" },
      ],
    });
    expect(stage.client.peekAll(pods).every(({ metadata }) => !metadata.finalizers?.length)).toBe(
      true,
    );
    expect(events.at(-1)).toMatchObject({ reason: "Completed", message: "Job completed" });
  });

  it("completes every index once whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      behaviour: () => "succeed",
      steps: [create(job({ completionMode: "Indexed", completions: 4, parallelism: 3 }))],
    };
    const { stage } = await expectSameEnd(scene);
    expect(await statusOf(stage)).toMatchObject({ succeeded: 4, completedIndexes: "0-3" });
    const [pod] = stage.client.peekAll(pods);
    expect(pod).toMatchObject({
      metadata: {
        generateName: "work-0-",
        annotations: { "batch.kubernetes.io/job-completion-index": "0" },
        labels: { "batch.kubernetes.io/job-completion-index": "0" },
      },
      spec: { hostname: "work-0" },
    });
  });

  it("fails after its limit of failures whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      behaviour: () => "fail",
      steps: [
        create(job({ parallelism: 1, backoffLimit: 2 })),
        async ({ clock }) => clock.advance(30_000),
        async ({ clock }) => clock.advance(60_000),
      ],
    };
    const { stage, events } = await expectSameEnd(scene);
    expect(await statusOf(stage)).toMatchObject({
      failed: 3,
      conditions: [
        { type: "FailureTarget", reason: "BackoffLimitExceeded" },
        { type: "Failed", message: "Job has reached the specified backoff limit" },
      ],
    });
    expect(events.at(-1)).toMatchObject({ type: "Warning", reason: "BackoffLimitExceeded" });
  });

  it("stops while it is suspended and goes on whatever happens to it", async () => {
    const suspend =
      (isSuspended: boolean) =>
      async ({ client }: Stage) => {
        const current = await client.get(jobs, "default", "work");
        if (current.spec !== undefined) {
          await client.update(jobs, {
            ...current,
            spec: { ...current.spec, suspend: isSuspended },
          });
        }
      };
    const scene: Scene = {
      ...base,
      steps: [create(job({ completions: 2 })), suspend(true), suspend(false)],
    };
    const { stage } = await expectSameEnd(scene);
    const status = await statusOf(stage);
    expect(status).toMatchObject({
      active: 2,
      conditions: [{ type: "Suspended", status: "False", reason: "JobResumed" }],
    });
    // Pods that a pause takes away have not failed.
    expect(status?.failed).toBeUndefined();
  });

  it("succeeds by its policy whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      behaviour: ({ metadata }) =>
        metadata.labels?.["batch.kubernetes.io/job-completion-index"] === "1" ? "succeed" : "run",
      steps: [
        create(
          job({
            completionMode: "Indexed",
            parallelism: 3,
            completions: 3,
            successPolicy: { rules: [{ succeededIndexes: "1" }] },
          }),
        ),
      ],
    };
    const { stage } = await expectSameEnd(scene);
    const status = await statusOf(stage);
    expect(status).toMatchObject({
      active: 0,
      succeeded: 1,
      completedIndexes: "1",
      conditions: [
        {
          type: "SuccessCriteriaMet",
          reason: "SuccessPolicy",
          message: "Matched rules at index 0",
        },
        { type: "Complete", reason: "SuccessPolicy" },
      ],
    });
    expect(status?.failed).toBeUndefined();
  });

  it("ends at its deadline, and goes after its time to live", async () => {
    const { stage } = await play({
      ...base,
      controllers: [jobController, ttlAfterFinishedController],
      waitsLong: false,
      steps: [
        create(job({ activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 3600 })),
        ({ clock }) => clock.advance(61_000),
      ],
    });
    expect(await statusOf(stage)).toMatchObject({
      active: 0,
      failed: 2,
      conditions: [{ type: "FailureTarget" }, { type: "Failed", reason: "DeadlineExceeded" }],
    });
    const later = await play({
      ...base,
      controllers: [jobController, ttlAfterFinishedController],
      steps: [
        create(job({ activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 3600 })),
        ({ clock }) => clock.advance(61_000),
        ({ clock }) => clock.advance(3_700_000),
      ],
    });
    expect(later.state).toEqual([]);
  });

  it("frees the pods of a Job that is gone", async () => {
    const { stage } = await play({
      ...base,
      steps: [
        create(job({})),
        async ({ client }) => {
          await client.delete(jobs, "default", "work");
          for (const { metadata } of client.peekAll(pods)) {
            await client.delete(pods, "default", metadata.name ?? "");
          }
        },
      ],
    });
    expect(stage.client.peekAll(pods)).toEqual([]);
  });
});
