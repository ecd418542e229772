import { FakeClock } from "@kubets/service";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";
import { WorkQueue } from "./work-queue.ts";

describe("the work queue", () => {
  let clock: FakeClock;
  let queue: WorkQueue;
  beforeEach(() => {
    clock = new FakeClock();
    queue = new WorkQueue({ clock });
  });

  it("hands out keys in the order in which they were added, each once", async () => {
    for (const key of ["b", "a", "b", "c", "a"]) queue.add(key);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(["b", "a", "c"]);
    expect(queue.length).toBe(0);
  });

  it("holds a key that was added while it is worked on until it is given back", async () => {
    queue.add("a");
    expect(await queue.get()).toBe("a");
    queue.add("a");
    expect(queue.length).toBe(0);
    queue.done("a");
    expect(await queue.get()).toBe("a");
  });

  it("wakes a worker that waits", async () => {
    const waiting = queue.get();
    queue.add("a");
    expect(await waiting).toBe("a");
  });

  it("hands out a delayed key when its time has come, and keeps the earlier of two delays", async () => {
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 200);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it("doubles the delay of a key that keeps failing, until it is forgotten", async () => {
    for (const delayMs of [5, 10, 20]) {
      queue.addRateLimited("a");
      await clock.advance(delayMs - 1);
      expect(queue.length).toBe(0);
      await clock.advance(1);
      const key = await queue.get();
      queue.done(key ?? "");
    }
    expect(queue.failures("a")).toBe(3);
    queue.forget("a");
    queue.addRateLimited("a");
    await clock.advance(5);
    expect(queue.length).toBe(1);
  });

  it("lets no more than the bucket's rate of retries through, whatever their keys", () => {
    const limiter = createRateLimiter<number>({ clock, ratePerSecond: 10, burst: 2 });
    expect([1, 2, 3, 4].map((key) => limiter.whenMs(key))).toEqual([5, 5, 100, 200]);
  });

  it("ends waiting workers and drops delayed keys when it is shut down", async () => {
    queue.addAfter("late", 10);
    const waiting = queue.get();
    queue.shutDown();
    expect(await waiting).toBeUndefined();
    queue.add("a");
    expect(queue.length).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("drains: what is ready is still worked on, and the end is told when all is given back", async () => {
    queue.add("a");
    let isDrained = false;
    const drained = queue.drain().then(() => {
      isDrained = true;
    });
    const key = await queue.get();
    expect(key).toBe("a");
    await clock.advance(0);
    expect(isDrained).toBe(false);
    queue.done("a");
    await drained;
    expect(await queue.get()).toBeUndefined();
  });

  it("never gives a key to two workers and never loses one", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("add" as const), key: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ do: fc.constant("get" as const), key: fc.constant(0) }),
      fc.record({ do: fc.constant("done" as const), key: fc.integer({ min: 0, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const tested = new WorkQueue<number>({ clock });
        const working = new Set<number>();
        const owed = new Set<number>();
        for (const { do: what, key } of steps) {
          if (what === "add") {
            tested.add(key);
            owed.add(key);
          } else if (what === "done") {
            if (working.delete(key)) tested.done(key);
          } else if (tested.length > 0) {
            const got = await tested.get();
            if (got === undefined) throw new Error("nothing came");
            expect(working.has(got)).toBe(false);
            working.add(got);
            owed.delete(got);
          }
        }
        for (const key of working) tested.done(key);
        expect(tested.length).toBe(owed.size);
      }),
    );
  });
});
