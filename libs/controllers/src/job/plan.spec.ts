import type { Job, JobStatus, PodFailurePolicy } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { judgeFailure } from "./failure-policy.ts";
import {
  formatIndexes,
  intervalsSize,
  isInIntervals,
  parseIndexes,
  parseIntervals,
} from "./indexes.ts";
import { TRACKING_FINALIZER } from "./job-pods.ts";
import { afterRemoval, planJob } from "./plan.ts";

const NOW = Date.UTC(2026, 0, 1);
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
const job = (spec: Partial<Job["spec"]> & object = {}, status: JobStatus = {}): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "work", namespace: "default", uid: "j" },
  spec: {
    parallelism: 3,
    completions: 6,
    backoffLimit: 6,
    template: { spec: { containers: [{ name: "c" }], restartPolicy: "Never" } },
    ...spec,
  },
  status: { startTime: at(-3600), ...status },
});
interface Shape {
  index?: number;
  failures?: number;
  endedAt?: number;
  isTracked?: boolean;
  isEnding?: boolean;
  exitCode?: number;
  restarts?: number;
}
let made = 0;
const pod = (phase: string, shape: Shape = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `p${++made}`,
    namespace: "default",
    uid: `u${made}`,
    creationTimestamp: at(-3600),
    ...(shape.isTracked === false ? {} : { finalizers: [TRACKING_FINALIZER] }),
    ...(shape.isEnding === true ? { deletionTimestamp: at(-1) } : {}),
    annotations: {
      ...(shape.index === undefined
        ? {}
        : { "batch.kubernetes.io/job-completion-index": String(shape.index) }),
      ...(shape.failures === undefined
        ? {}
        : { "batch.kubernetes.io/job-index-failure-count": String(shape.failures) }),
    },
  },
  spec: { containers: [{ name: "c" }], nodeName: "n" },
  status: {
    phase,
    containerStatuses: [
      {
        name: "c",
        ready: false,
        image: "",
        imageID: "",
        restartCount: shape.restarts ?? 0,
        ...(phase === "Running"
          ? {}
          : {
              state: {
                terminated: {
                  exitCode: shape.exitCode ?? (phase === "Failed" ? 1 : 0),
                  finishedAt: at(shape.endedAt ?? -3600),
                },
              },
            }),
      },
    ],
  },
});
const plan = (input: Job, pods: readonly Pod[]) =>
  planJob({ job: input, pods, mayAct: true, nowMs: NOW });
const times = (count: number, make: () => Pod) => Array.from({ length: count }, make);

describe("how many pods a Job creates and deletes", () => {
  it.each<[string, Job, Pod[], number, number]>([
    ["as many as may run side by side", job(), [], 3, 0],
    ["no more than are missing", job({}, { succeeded: 4 }), [], 2, 0],
    ["none beyond", job(), times(3, () => pod("Running")), 0, 0],
    ["fewer when less may run", job({ parallelism: 1 }), times(3, () => pod("Running")), 0, 2],
    ["none while it pauses", job({ suspend: true }), times(2, () => pod("Running")), 0, 2],
    [
      "none once a worker of a queue is done",
      job({ completions: undefined }),
      [pod("Succeeded")],
      0,
      0,
    ],
    ["instead of one that is being deleted", job(), [pod("Running", { isEnding: true })], 3, 0],
    [
      "not before it has ended, if so asked",
      job({ podReplacementPolicy: "Failed" }),
      [pod("Running", { isEnding: true })],
      2,
      0,
    ],
    ["none soon after a failure", job(), [pod("Failed", { endedAt: -5 })], 0, 0],
    ["again after the back-off", job(), [pod("Failed", { endedAt: -11 })], 3, 0],
    [
      "duplicates of an index go",
      job({ completionMode: "Indexed" }),
      [pod("Running", { index: 0 }), pod("Running", { index: 0 })],
      0,
      1,
    ],
  ])("%s", (_, input, pods, created, deleted) => {
    const planned = plan(input, pods);
    expect([planned.create.length, planned.delete.length]).toEqual([created, deleted]);
  });

  it("gives up the pod that became ready last, whatever it costs", () => {
    const ready = (sinceSeconds: number): Pod => {
      const made = pod("Running");
      const condition = { type: "Ready", status: "True", lastTransitionTime: at(-sinceSeconds) };
      return {
        ...made,
        metadata: {
          ...made.metadata,
          annotations: { "controller.kubernetes.io/pod-deletion-cost": String(-sinceSeconds) },
        },
        status: { ...made.status, conditions: [condition] },
      };
    };
    const [old, young] = [ready(100), ready(90)];
    expect(plan(job({ parallelism: 1 }), [old, young]).delete).toEqual([young]);
  });

  it("waits twice as long after each failure in a row", () => {
    const failed = (count: number) => times(count, () => pod("Failed", { endedAt: 0 }));
    expect([1, 2, 3].map((count) => plan(job(), failed(count)).afterMs)).toEqual([
      10_000, 20_000, 40_000,
    ]);
    expect(plan(job(), [...failed(2), pod("Succeeded", { endedAt: 1 })]).afterMs).toBeUndefined();
  });

  it("takes the lowest indexes that nobody has", () => {
    const input = job({ completionMode: "Indexed" }, { completedIndexes: "0,2" });
    const { create } = plan(input, [pod("Running", { index: 3 })]);
    expect(create.map(({ metadata }) => metadata.generateName)).toEqual(["work-1-", "work-4-"]);
    expect(create[0]?.spec?.containers[0]?.env).toMatchObject([{ name: "JOB_COMPLETION_INDEX" }]);
  });
});

describe("when a Job ends", () => {
  const failFast: PodFailurePolicy = {
    rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [42] } }],
  };
  it.each<[string, Job, Pod[], string]>([
    ["after its completions", job({ completions: 1 }), [pod("Succeeded")], "CompletionsReached"],
    ["after too many failures", job({ backoffLimit: 0 }), [pod("Failed")], "BackoffLimitExceeded"],
    [
      "after too many restarts",
      job({ backoffLimit: 2, template: { spec: { containers: [], restartPolicy: "OnFailure" } } }),
      [pod("Running", { restarts: 2 })],
      "BackoffLimitExceeded",
    ],
    ["at its deadline", job({ activeDeadlineSeconds: 3600 }), [], "DeadlineExceeded"],
    [
      "by its failure policy",
      job({ podFailurePolicy: failFast }),
      [pod("Failed", { exitCode: 42 })],
      "PodFailurePolicy",
    ],
    [
      "by its success policy",
      job({
        completionMode: "Indexed",
        successPolicy: { rules: [{ succeededIndexes: "0-1", succeededCount: 1 }] },
      }),
      [pod("Succeeded", { index: 1 })],
      "SuccessPolicy",
    ],
    [
      "by one index of billions that its success policy names",
      job({
        completionMode: "Indexed",
        completions: 2 ** 31 - 1,
        successPolicy: { rules: [{ succeededIndexes: "1-2147483646", succeededCount: 1 }] },
      }),
      [pod("Succeeded", { index: 1 })],
      "SuccessPolicy",
    ],
    [
      "when all indexes are decided and one failed",
      job({ completionMode: "Indexed", completions: 2, backoffLimitPerIndex: 0, backoffLimit: 99 }),
      [pod("Succeeded", { index: 0 }), pod("Failed", { index: 1 })],
      "FailedIndexes",
    ],
    [
      "when too many indexes failed",
      job({
        completionMode: "Indexed",
        backoffLimitPerIndex: 0,
        maxFailedIndexes: 0,
        backoffLimit: 99,
      }),
      [pod("Failed", { index: 1 })],
      "MaxFailedIndexesExceeded",
    ],
  ])("%s", (_, input, pods, reason) => {
    const { verdict, status } = plan(input, pods);
    expect(verdict?.reason).toBe(reason);
    const early = verdict?.isSuccess === true ? "SuccessCriteriaMet" : "FailureTarget";
    expect(status.conditions?.some(({ type }) => type === early)).toBe(true);
  });

  it("is final only when nothing runs and everything is counted", () => {
    const planned = plan(job({ completions: 1 }), [pod("Succeeded")]);
    const types = (status: JobStatus) => status.conditions?.map(({ type }) => type);
    expect(types(planned.status)).toEqual(["SuccessCriteriaMet"]);
    const last = afterRemoval(planned.status, planned.verdict, {
      stillTracked: new Set(),
      nowMs: NOW,
    });
    expect(types(last)).toEqual(["SuccessCriteriaMet", "Complete"]);
    expect(last).toMatchObject({ succeeded: 1, uncountedTerminatedPods: {} });
  });
});

describe("an index with a limit of its own", () => {
  const input = job({
    completionMode: "Indexed",
    completions: 2,
    parallelism: 2,
    backoffLimitPerIndex: 1,
    backoffLimit: 2_147_483_647,
  });
  it("waits for itself alone, and its failed pod stays until then", () => {
    const failed = pod("Failed", { index: 0, endedAt: -5 });
    const planned = plan(input, [failed]);
    expect(planned.create.map(({ metadata }) => metadata.generateName)).toEqual(["work-1-"]);
    expect(planned.afterMs).toBe(5_000);
    expect(planned.removeFinalizers).toEqual([]);
  });
  it("hands its count of failures on", () => {
    const [created] = plan(input, [pod("Failed", { index: 0, endedAt: -11 })]).create;
    expect(created?.metadata.annotations).toMatchObject({
      "batch.kubernetes.io/job-index-failure-count": "1",
    });
  });
  it("counts failures that the policy ignores apart, but waits for them", () => {
    const podFailurePolicy: PodFailurePolicy = {
      rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [9] } }],
    };
    const { spec } = input;
    const [created] = plan(job({ ...spec, podFailurePolicy }), [
      pod("Failed", { index: 0, exitCode: 9, failures: 1, endedAt: -21 }),
    ]).create;
    expect(created?.metadata.annotations).toMatchObject({
      "batch.kubernetes.io/job-index-failure-count": "1",
      "batch.kubernetes.io/job-index-ignored-failure-count": "1",
    });
    const early = pod("Failed", { index: 0, exitCode: 9, failures: 1, endedAt: -19 });
    expect(plan(job({ ...spec, podFailurePolicy }), [early]).afterMs).toBe(1_000);
  });
  it("lets the failed pod go once the index has succeeded", () => {
    const failed = pod("Failed", { index: 0, endedAt: -5 });
    const planned = plan(input, [failed, pod("Succeeded", { index: 0 })]);
    expect(planned.removeFinalizers).toContain(failed);
  });
  it("fails beyond the limit", () => {
    const planned = plan(input, [pod("Failed", { index: 0, failures: 1 })]);
    expect(planned.status).toMatchObject({ failedIndexes: "0" });
  });
});

describe("counting", () => {
  it("adds the uids of ended pods, and makes numbers of those without finalizer", () => {
    const counted = pod("Failed", { isTracked: false });
    const fresh = pod("Succeeded");
    const { status } = plan(
      job({}, { uncountedTerminatedPods: { failed: [counted.metadata.uid ?? ""] } }),
      [counted, fresh],
    );
    expect(status).toMatchObject({
      failed: 1,
      uncountedTerminatedPods: { succeeded: [fresh.metadata.uid] },
    });
    expect(status.uncountedTerminatedPods?.failed).toBeUndefined();
  });
  it("frees the rest of the pods of a Job that succeeds, but counts only those that failed by themselves", () => {
    const input = job({
      completionMode: "Indexed",
      completions: 4,
      parallelism: 4,
      successPolicy: { rules: [{ succeededCount: 1 }] },
    });
    const [leader, other] = [pod("Succeeded", { index: 0 }), pod("Running", { index: 1 })];
    const [failed, going] = [
      pod("Failed", { index: 2 }),
      pod("Failed", { index: 3, isEnding: true }),
    ];
    const planned = plan(input, [leader, other, failed, going]);
    expect(planned.delete).toEqual([other]);
    expect(planned.removeFinalizers).toEqual([leader, other, failed, going]);
    expect(planned.status.uncountedTerminatedPods).toEqual({ failed: [failed.metadata.uid] });
  });
  it("frees all pods of a Job that is being deleted", () => {
    const { metadata, ...rest } = job({ podReplacementPolicy: "Failed" });
    const ending: Job = { ...rest, metadata: { ...metadata, deletionTimestamp: at(0) } };
    const running = pod("Running", { isEnding: true });
    const planned = plan(ending, [running]);
    expect(planned).toMatchObject({ create: [], delete: [], removeFinalizers: [running] });
    expect(planned.status.uncountedTerminatedPods).toEqual({});
  });
  it("leaves out failures that the policy ignores", () => {
    const podFailurePolicy: PodFailurePolicy = {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ],
    };
    const failed = pod("Failed");
    const disrupted: Pod = {
      ...failed,
      status: { ...failed.status, conditions: [{ type: "DisruptionTarget", status: "True" }] },
    };
    const planned = plan(job({ podFailurePolicy }), [disrupted]);
    expect(planned.status.uncountedTerminatedPods).toEqual({});
    expect(planned.removeFinalizers).toEqual([disrupted]);
  });
});

describe("a pause", () => {
  it.each<[string, boolean, JobStatus, object]>([
    [
      "takes the start away, so that the deadline does not run",
      true,
      {},
      { startTime: undefined, suspended: "True Job suspended" },
    ],
    [
      "that was there before changes nothing",
      true,
      {
        startTime: undefined,
        conditions: [{ type: "Suspended", status: "True", message: "Job suspended" }],
      },
      { startTime: undefined, suspended: "True Job suspended" },
    ],
    [
      "that is over starts the Job anew",
      false,
      {
        startTime: undefined,
        conditions: [{ type: "Suspended", status: "True", message: "Job suspended" }],
      },
      { startTime: "2026-01-01T00:00:00Z", suspended: "False Job resumed" },
    ],
  ])("%s", (_, suspend, before, expected) => {
    const { startTime, conditions } = plan(job({ suspend }, before), []).status;
    const found = conditions?.find(({ type }) => type === "Suspended");
    expect({ startTime, suspended: `${found?.status} ${found?.message}` }).toEqual(expected);
  });
});

describe("the failure policy", () => {
  it("names the container, the code and the rule", () => {
    const policy: PodFailurePolicy = {
      rules: [
        { action: "Count", onExitCodes: { operator: "In", values: [1], containerName: "other" } },
        { action: "FailJob", onExitCodes: { operator: "NotIn", values: [7, 8] } },
      ],
    };
    const failed = pod("Failed", { exitCode: 3 });
    expect(judgeFailure(policy, failed)).toEqual({
      action: "FailJob",
      message: `Container c for pod default/${failed.metadata.name} failed with exit code 3 matching FailJob rule at index 1`,
    });
    expect(judgeFailure(policy, pod("Failed", { exitCode: 7 }))).toEqual({ action: "Count" });
  });
});

describe("sets of indexes", () => {
  it.each([
    [[], ""],
    [[0], "0"],
    [[0, 1], "0,1"],
    [[0, 1, 2, 5, 7, 8, 9], "0-2,5,7-9"],
  ])("%j is written %s", (numbers, text) => {
    expect(formatIndexes(new Set(numbers))).toBe(text);
    expect(parseIndexes(text, 100)).toEqual(new Set(numbers));
  });
  it("end where the completions end", () => {
    expect(parseIndexes("1,3-9,x", 5)).toEqual(new Set([1, 3, 4]));
  });
  it("of billions are counted without being written out", () => {
    const intervals = parseIntervals("5-9,0-2000000000,2000000005", 2 ** 31 - 1);
    expect(intervals).toEqual([
      { first: 0, last: 2_000_000_000 },
      { first: 2_000_000_005, last: 2_000_000_005 },
    ]);
    expect(intervalsSize(intervals)).toBe(2_000_000_002);
    const inside = [0, 7, 2_000_000_000, 2_000_000_005];
    const outside = [2_000_000_001, 2_000_000_004, 2_000_000_006];
    expect([...inside, ...outside].filter((each) => isInIntervals(intervals, each))).toEqual(
      inside,
    );
  });
});
