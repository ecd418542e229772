import type { Event } from "@kubets/api/core/v1";
import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { EventCorrelator } from "./event-correlator.ts";

const event = (message: string, name = "p", pod = "pod"): Event => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name, namespace: "default" },
  involvedObject: { kind: "Pod", name: pod, uid: pod },
  source: { component: "kubelet", host: "n1" },
  reason: "BackOff",
  type: "Warning",
  message,
  count: 1,
  firstTimestamp: "2026-01-01T00:00:00Z",
  lastTimestamp: "2026-01-01T00:00:00Z",
});

describe("the event correlator", () => {
  it("counts an equal event up in the object that was created first", () => {
    const correlator = new EventCorrelator(new FakeClock());
    expect(correlator.correlate(event("m", "first")).kind).toBe("create");
    const again = correlator.correlate({
      ...event("m", "second"),
      lastTimestamp: "2026-01-01T00:00:09Z",
    });
    expect(again).toMatchObject({
      kind: "count",
      event: { metadata: { name: "first" }, count: 2 },
      patch: { count: 2, lastTimestamp: "2026-01-01T00:00:09Z", message: "m" },
    });
  });

  it("combines events of one reason once ten different messages have come", () => {
    const correlator = new EventCorrelator(new FakeClock());
    const told = Array.from({ length: 11 }, (_, i) =>
      correlator.correlate(event(`m${i}`, `n${i}`)),
    );
    expect(told.slice(0, 9).map((each) => each.kind)).toEqual(Array(9).fill("create"));
    expect(told[9]).toMatchObject({
      kind: "create",
      event: { message: "(combined from similar events): m9" },
    });
    expect(told[10]).toMatchObject({
      kind: "count",
      event: { metadata: { name: "n9" }, count: 2 },
    });
  });

  it("tells messages apart again after the interval", async () => {
    const clock = new FakeClock();
    const correlator = new EventCorrelator(clock);
    for (let i = 0; i < 10; i++) correlator.correlate(event(`m${i}`));
    await clock.advance(600_001);
    expect(correlator.correlate(event("fresh"))).toMatchObject({ event: { message: "fresh" } });
  });

  it("cuts a source short that says more than 25 things about one object, and lets it speak again later", async () => {
    const clock = new FakeClock();
    const correlator = new EventCorrelator(clock);
    const kinds = Array.from({ length: 26 }, () => correlator.correlate(event("m")).kind);
    expect(kinds[24]).toBe("count");
    expect(kinds[25]).toBe("spam");
    expect(correlator.correlate(event("m", "x", "another")).kind).toBe("create");
    await clock.advance(300_000);
    expect(correlator.correlate(event("m")).kind).toBe("count");
  });
});
