import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { Expectations } from "./expectations.ts";

describe("expectations", () => {
  it("keep a key from being worked on until all that was asked for was seen, and are then forgotten", () => {
    const expectations = new Expectations({ clock: new FakeClock() });
    expectations.expect("a", { creations: 2, deletions: ["x"] });
    expectations.created("a");
    expectations.deleted("a", "x");
    expectations.deleted("a", "x");
    expect(expectations.isMet("a")).toBe(false);
    expectations.created("a");
    expect([expectations.isMet("a"), expectations.size]).toEqual([true, 0]);
    expectations.created("a");
    expectations.expect("a", {});
    expect([expectations.isMet("a"), expectations.size]).toEqual([true, 0]);
  });

  it("end after a time: an event may be lost", async () => {
    const clock = new FakeClock();
    const expectations = new Expectations({ clock, timeoutMs: 1_000 });
    expectations.expect("a", { creations: 1 });
    await clock.advance(1_000);
    expect(expectations.isMet("a")).toBe(false);
    await clock.advance(1);
    expect(expectations.isMet("a")).toBe(true);
  });
});
