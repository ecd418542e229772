import { describe, expect, it } from "vitest";
import { BackOff } from "./back-off.ts";

const S = 1000;

describe("a back-off", () => {
  it("doubles from ten seconds to five minutes", () => {
    const backOff = new BackOff({ initialMs: 10 * S, maxMs: 300 * S });
    const delays: number[] = [];
    let nowMs = 0;
    for (let tries = 0; tries < 7; tries++) {
      backOff.next("k", nowMs, nowMs);
      delays.push(backOff.delayOf("k") / S);
      nowMs += backOff.delayOf("k");
    }
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });

  it("counts from the failure, not from the question", () => {
    const backOff = new BackOff({ initialMs: 10 * S, maxMs: 300 * S });
    backOff.next("k", 0, 0);
    expect(backOff.waitUntil("k", 4 * S, 5 * S)).toBe(14 * S);
    expect(backOff.waitUntil("k", 4 * S, 14 * S)).toBeUndefined();
    expect(backOff.waitUntil("other", 4 * S, 5 * S)).toBeUndefined();
  });

  it("begins anew after ten quiet minutes", () => {
    const backOff = new BackOff({ initialMs: 10 * S, maxMs: 300 * S });
    backOff.next("k", 0, 0);
    backOff.next("k", 10 * S, 10 * S);
    expect(backOff.delayOf("k")).toBe(20 * S);
    const later = 10 * S + 601 * S;
    expect(backOff.waitUntil("k", later, later)).toBeUndefined();
    backOff.next("k", later, later);
    expect(backOff.delayOf("k")).toBe(10 * S);
  });
});
