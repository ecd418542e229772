import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { ObjectLanes } from "./object-lanes.ts";

describe("the writers of one object", () => {
  it("go one behind the other, in the order they came, and nobody else waits", async () => {
    const lanes = new ObjectLanes(new FakeClock());
    const order: string[] = [];
    const leaveFirst = await lanes.enter("a");
    const others = ["second", "third"].map(async (name) => {
      const leave = await lanes.enter("a");
      order.push(name);
      leave();
      leave();
    });
    const leaveOther = await lanes.enter("b");
    order.push("first");
    leaveFirst();
    await Promise.all(others);
    leaveOther();
    expect(order).toEqual(["first", "second", "third"]);
    expect([lanes.isBusy("a"), lanes.isBusy("b")]).toEqual([false, false]);
  });

  it("wait behind at most 256 others, and whoever did not wait takes nobody's turn", async () => {
    const clock = new FakeClock();
    const lanes = new ObjectLanes(clock);
    const leaveFirst = await lanes.enter("a");
    const waiting = Array.from({ length: 256 }, () => lanes.enter("a"));
    const order: number[] = [];
    const inTurn = waiting.map(async (turn, i) => {
      const leave = await turn;
      order.push(i);
      leave();
    });
    const leavePassing = await lanes.enter("a");
    leavePassing();
    expect([order, clock.pending]).toEqual([[], 256]);
    leaveFirst();
    await Promise.all(inTurn);
    expect(order).toEqual(Array.from({ length: 256 }, (_, i) => i));
    expect([lanes.isBusy("a"), clock.pending]).toEqual([false, 0]);
  });

  it("pass by one that takes longer than a second", async () => {
    const clock = new FakeClock();
    const lanes = new ObjectLanes(clock);
    const leaveSlow = await lanes.enter("a");
    const passing = lanes.enter("a");
    await clock.advance(1_000);
    const leavePassing = await passing;
    leavePassing();
    expect(lanes.isBusy("a")).toBe(true);
    const next = lanes.enter("a");
    leaveSlow();
    (await next)();
    expect(lanes.isBusy("a")).toBe(false);
    expect(clock.pending).toBe(0);
  });
});
