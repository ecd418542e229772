import { FakeClock, silentLogger } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import { WorkQueue } from "../queue/work-queue.ts";
import { Expectations } from "./expectations.ts";
import { DONE, type ReconcileResult, runController } from "./run-controller.ts";

describe("the controller loop", () => {
  let clock: FakeClock;
  let queue: WorkQueue;
  let stopping: AbortController;
  beforeEach(() => {
    clock = new FakeClock();
    queue = new WorkQueue({ clock });
    stopping = new AbortController();
  });

  const run = (
    reconcile: (key: string) => Promise<ReconcileResult> | ReconcileResult,
    more: { readonly workers?: number; readonly retriesMax?: number } = {},
  ) =>
    runController(
      {
        name: "test",
        queue,
        logger: silentLogger,
        reconcile: async (key) => reconcile(key),
        ...more,
      },
      stopping.signal,
    );

  it("comes back to a key whose reconciling failed, after its back-off, until it is well", async () => {
    const outcomes = ["throw", "error", "done"];
    const tries: string[] = [];
    const running = run((key) => {
      tries.push(key);
      const outcome = outcomes.shift();
      if (outcome === "throw") throw new Error("thrown");
      return outcome === "error" ? { kind: "error", error: new Error("returned") } : DONE;
    });
    queue.add("a");
    await clock.advance(0);
    expect(tries).toHaveLength(1);
    await clock.advance(5);
    expect(tries).toHaveLength(2);
    await clock.advance(10);
    expect(tries).toHaveLength(3);
    expect(queue.failures("a")).toBe(0);
    stopping.abort();
    await running;
  });

  it("looks again after the time that was asked for", async () => {
    let tries = 0;
    const running = run(() => {
      tries++;
      return { kind: "requeueAfter", afterMs: 60_000 };
    });
    queue.add("a");
    await clock.advance(59_999);
    expect(tries).toBe(1);
    await clock.advance(1);
    expect(tries).toBe(2);
    stopping.abort();
    await running;
  });

  it("gives a key up after a terminal error, or too many tries, until its next event", async () => {
    let tries = 0;
    const running = run(
      (key) => {
        tries++;
        const error = new Error("no");
        return key === "terminal" ? { kind: "terminal", error } : { kind: "error", error };
      },
      { retriesMax: 2 },
    );
    queue.add("terminal");
    await clock.advance(10_000);
    expect(tries).toBe(1);
    queue.add("failing");
    await clock.advance(10_000);
    expect(tries).toBe(4);
    stopping.abort();
    await running;
  });

  it("never has two workers at one key, and as many at different ones as it may", async () => {
    const working: string[] = [];
    let most = 0;
    const releases: (() => void)[] = [];
    const running = run(
      async (key) => {
        expect(working).not.toContain(key);
        working.push(key);
        most = Math.max(most, working.length);
        await new Promise<void>((resolve) => releases.push(resolve));
        working.splice(working.indexOf(key), 1);
        return DONE;
      },
      { workers: 2 },
    );
    for (const key of ["a", "b", "c", "a"]) queue.add(key);
    for (let i = 0; i < 6; i++) {
      await clock.advance(0);
      queue.add("a");
      releases.shift()?.();
    }
    expect(most).toBe(2);
    stopping.abort();
    await clock.advance(0);
    for (const release of releases) release();
    await running;
  });
});

describe("expectations", () => {
  it("hold a key back until what was asked for has been seen, or for five minutes", async () => {
    const clock = new FakeClock();
    const expectations = new Expectations({ clock });
    expectations.expect("rs", { creations: 2, deletions: ["u1"] });
    expectations.created("rs");
    expectations.created("rs");
    expect(expectations.isMet("rs")).toBe(false);
    expectations.deleted("rs", "another");
    expect(expectations.isMet("rs")).toBe(false);
    expectations.deleted("rs", "u1");
    expect(expectations.isMet("rs")).toBe(true);
    expectations.expect("rs", { creations: 1 });
    await clock.advance(300_001);
    expect(expectations.isMet("rs")).toBe(true);
  });
});
