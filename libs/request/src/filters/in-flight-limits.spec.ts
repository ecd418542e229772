import { FakeClock } from "@kubets/service";
import { expect, test } from "vitest";
import { InFlightLimits } from "./in-flight-limits.ts";

test("requests above the limit wait, and users take turns", async () => {
  const limits = new InFlightLimits({ readOnly: 0, mutating: 1 }, new FakeClock());
  expect(limits.tryEnter("mutating")).toBe(true);
  expect(limits.tryEnter("mutating")).toBe(false);
  const order: string[] = [];
  const turns: Promise<unknown>[] = [];
  for (const [flow, name] of [
    ["a", "a1"],
    ["a", "a2"],
    ["a", "a3"],
    ["b", "b1"],
  ] as const) {
    turns.push(limits.wait("mutating", flow).then(() => order.push(name)));
  }
  for (let left = 0; left < 4; left++) limits.leave("mutating");
  await Promise.all(turns);
  expect(order).toEqual(["a1", "b1", "a2", "a3"]);
  expect(limits.underWay("mutating")).toBe(1);
  limits.leave("mutating");
  expect(limits.underWay("mutating")).toBe(0);
});

test("who waits for too long is refused and leaves no timer", async () => {
  const clock = new FakeClock();
  const limits = new InFlightLimits({ readOnly: 1, mutating: 0 }, clock);
  limits.tryEnter("readOnly");
  const late = limits.wait("readOnly", "a");
  await clock.advance(15_000);
  expect(await late).toBe(false);
  expect(limits.waiting("readOnly")).toBe(0);
  const inTime = limits.wait("readOnly", "a");
  limits.leave("readOnly");
  expect(await inTime).toBe(true);
  expect(clock.pending).toBe(0);
});

test("no more than a bounded number waits", async () => {
  const limits = new InFlightLimits({ readOnly: 1, mutating: 1 }, new FakeClock());
  limits.tryEnter("mutating");
  const all = Array.from({ length: 5_001 }, () => limits.wait("mutating", "flood"));
  expect(await all.at(-1)).toBe(false);
  expect(limits.waiting("mutating")).toBe(5_000);
});

test("zero is no limit", () => {
  const limits = new InFlightLimits({ readOnly: 0, mutating: 0 }, new FakeClock());
  for (let i = 0; i < 10_000; i++) expect(limits.tryEnter("readOnly")).toBe(true);
});
