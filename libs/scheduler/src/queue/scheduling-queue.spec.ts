import { FakeClock } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { ClusterEvent, QueueingHint } from "../framework/cluster-event.ts";
import type { Status } from "../framework/status.ts";
import { prioritySort } from "../plugins/priority-sort.ts";
import { podInfo } from "../testing/builders.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";

describe("the scheduling queue", () => {
  let clock: FakeClock;
  let queue: SchedulingQueue;
  let gate: (info: PodInfo) => Status | undefined;
  const hints = new Map<ClusterEvent, Map<string, QueueingHint | true>>([
    ["NodeAdd", new Map([["Fit", (pod: PodInfo) => pod.name !== "hopeless"]])],
    ["AssignedPodDelete", new Map([["Fit", true as const]])],
    ["StorageChange", new Map([["Volumes", true as const]])],
  ]);
  beforeEach(() => {
    clock = new FakeClock();
    gate = () => undefined;
    queue = new SchedulingQueue({
      clock,
      plugins: {
        less: (a, b) => prioritySort.less?.(a, b) ?? false,
        preEnqueue: (info) => gate(info),
        hints: (event) => hints.get(event) ?? new Map(),
      },
    });
  });

  const fit = new Set(["Fit"]);
  const names = () => {
    const popped: string[] = [];
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      popped.push(next.info.name);
    return popped;
  };
  const refuse = (name: string, by: ReadonlySet<string> = fit) => {
    queue.add(podInfo(name));
    const queued = queue.pop();
    if (queued === undefined) throw new Error("nothing was queued");
    queue.refused(queued, by);
    return queued;
  };

  it("gives the most important pod first, then the one that has waited longest", async () => {
    queue.add(podInfo("first"));
    await clock.advance(1);
    queue.add(podInfo("second"));
    queue.add(podInfo("important", { priority: 5 }));
    expect(names()).toEqual(["important", "first", "second"]);
  });

  it("keeps a refused pod until something happens that a plugin that refused it asks for", async () => {
    refuse("p");
    queue.happened("StorageChange", {});
    expect(queue.size("unschedulable")).toBe(1);
    queue.happened("NodeAdd", {});
    expect(queue.size("unschedulable")).toBe(0);
  });

  it("asks the plugin's hint whether the event helps this pod", () => {
    refuse("hopeless");
    queue.happened("NodeAdd", {});
    expect(queue.size("unschedulable")).toBe(1);
  });

  it("lets a pod that an event may help wait for its back-off while others are to be tried", async () => {
    refuse("p");
    queue.happened("AssignedPodDelete", {});
    expect(queue.size("backoff")).toBe(1);
    await clock.advance(999);
    expect(queue.size("backoff")).toBe(1);
    await clock.advance(1);
    expect(queue.size("active")).toBe(1);
  });

  it("doubles the back-off with each refusal, up to ten seconds", async () => {
    const queued = refuse("p");
    const backoffs: number[] = [];
    for (let i = 0; i < 6; i++) {
      backoffs.push(queued.backoffUntilMs - clock.monotonicMs());
      queue.happened("AssignedPodDelete", {});
      await clock.advance(10_000);
      expect(queue.pop()).toBe(queued);
      queue.refused(queued, fit);
    }
    expect(backoffs).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it("tries a pod in back-off early when nothing else is to be done, but not after an error", () => {
    refuse("p");
    queue.happened("AssignedPodDelete", {});
    expect(names()).toEqual(["p"]);
    queue.add(podInfo("q"));
    const failed = queue.pop();
    if (failed !== undefined) queue.failed(failed);
    expect(names()).toEqual([]);
    expect(queue.size("backoff")).toBe(1);
  });

  it("tries a pod that no plugin can be asked about after a back-off", async () => {
    refuse("p", new Set());
    expect(names()).toEqual([]);
    await clock.advance(1_000);
    expect(names()).toEqual(["p"]);
  });

  it("tries every pod again after five minutes", async () => {
    refuse("p");
    await clock.advance(299_000);
    expect(queue.size("unschedulable")).toBe(1);
    await clock.advance(31_000);
    expect(names()).toEqual(["p"]);
  });

  it("tries a pod at once whose pending condition has come about", () => {
    queue.add(podInfo("p"));
    const queued = queue.pop();
    if (queued !== undefined) queue.refused(queued, new Set(), new Set(["Volumes"]));
    queue.happened("StorageChange", {});
    expect(queue.size("active")).toBe(1);
  });

  it("keeps gated pods out until their gates are taken away", () => {
    gate = ({ pod }) =>
      pod.spec?.schedulingGates === undefined
        ? undefined
        : { code: "Unschedulable", reasons: [], plugin: "Gates" };
    queue.add(podInfo("p", { schedulingGates: [{ name: "g" }] }));
    expect(names()).toEqual([]);
    expect(queue.size("gated")).toBe(1);
    queue.happened("AssignedPodDelete", {});
    queue.update(podInfo("p"), true);
    expect(names()).toEqual(["p"]);
    expect(queue.size("gated")).toBe(0);
  });

  it("forgets a pod that is gone, wherever it stands, and leaves no timer behind", async () => {
    queue.add(podInfo("active"));
    refuse("unschedulable");
    queue.delete(podInfo("active").uid);
    queue.delete(podInfo("unschedulable").uid);
    expect(queue.has(podInfo("unschedulable").uid)).toBe(false);
    queue.happened("AssignedPodDelete", {});
    expect(names()).toEqual([]);
    await clock.advance(30_000);
    expect(clock.pending).toBe(0);
  });
});
