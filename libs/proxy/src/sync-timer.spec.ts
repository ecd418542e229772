import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { type RunResult, SyncTimer } from "./sync-timer.ts";

function scene(minPeriodMs = 0) {
  const clock = new FakeClock();
  const runs: number[] = [];
  let result: RunResult = "done";
  const timer = new SyncTimer({
    clock,
    gatherMs: 50,
    minPeriodMs,
    maxPeriodMs: 30_000,
    run: async () => {
      runs.push(clock.monotonicMs());
      return result;
    },
  });
  return { clock, runs, timer, fail: (failing: boolean) => (result = failing ? "failed" : "done") };
}

describe("the sync timer", () => {
  it("makes one run of what comes within the gathering time", async () => {
    const { clock, runs, timer } = scene();
    timer.poke();
    await clock.advance(30);
    timer.poke();
    await clock.advance(100);
    expect(runs).toEqual([50]);
  });
  it("keeps the least period between runs", async () => {
    const { clock, runs, timer } = scene(1_000);
    timer.poke();
    await clock.advance(60);
    timer.poke();
    await clock.advance(2_000);
    expect(runs).toEqual([50, 1_050]);
  });
  it("runs when nothing happens, once in the greatest period", async () => {
    const { clock, runs, timer } = scene();
    timer.poke();
    await clock.advance(61_000);
    expect(runs).toEqual([50, 30_050, 60_050]);
  });
  it("tries a failed run again, each time later, whatever else comes in", async () => {
    const { clock, runs, timer, fail } = scene();
    fail(true);
    timer.poke();
    await clock.advance(500);
    timer.poke();
    await clock.advance(3_000);
    fail(false);
    await clock.advance(5_000);
    expect(runs).toEqual([50, 1_050, 3_050, 7_050]);
  });
  it("leaves no timer behind", async () => {
    const { clock, timer } = scene();
    timer.poke();
    await timer.stop();
    expect(clock.pending).toBe(0);
  });
});
