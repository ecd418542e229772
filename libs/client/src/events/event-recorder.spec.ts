import type { Pod } from "@kubets/api/core/v1";
import { FakeClock, Metrics, silentLogger } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import { coreEvents, events } from "../resources.ts";
import { createMemoryClient, type MemoryClient } from "../testing/memory-client.ts";
import { EventRecorder, type EventRecorderOptions } from "./event-recorder.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "default", name: "p", uid: "u", resourceVersion: "7" },
};

describe("the event recorder", () => {
  let clock: FakeClock;
  let model: MemoryClient;
  beforeEach(() => {
    clock = new FakeClock();
    model = createMemoryClient({ clock });
  });
  const recorder = (api: EventRecorderOptions["api"], more: Partial<EventRecorderOptions> = {}) =>
    new EventRecorder({
      client: model,
      clock,
      logger: silentLogger,
      component: "tester",
      host: "host",
      api,
      random: () => 0,
      ...more,
    });

  it("writes a core event as upstream's components do, and counts equal ones up in it", async () => {
    const record = recorder("core/v1");
    record.event(pod, "Warning", "BackOff", "Back-off restarting");
    await clock.advance(5_000);
    record.event(pod, "Warning", "BackOff", "Back-off restarting");
    await clock.advance(0);
    expect(model.peekAll(coreEvents)).toMatchObject([
      {
        metadata: { namespace: "default", name: expect.stringMatching(/^p\.[0-9a-f]+$/) },
        involvedObject: {
          kind: "Pod",
          namespace: "default",
          name: "p",
          uid: "u",
          apiVersion: "v1",
        },
        type: "Warning",
        reason: "BackOff",
        message: "Back-off restarting",
        count: 2,
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:00:05Z",
        source: { component: "tester", host: "host" },
        reportingComponent: "tester",
        reportingInstance: "host",
      },
    ]);
  });

  it("begins a counted event anew when its object is gone", async () => {
    const record = recorder("core/v1");
    record.event(pod, "Normal", "Pulled", "m");
    await clock.advance(0);
    const [first] = model.peekAll(coreEvents);
    await model.delete(coreEvents, "default", first?.metadata.name ?? "");
    record.event(pod, "Normal", "Pulled", "m");
    await clock.advance(0);
    expect(model.peekAll(coreEvents)).toMatchObject([{ count: 2 }]);
  });

  it("writes an event about a cluster-scoped object into the namespace default", async () => {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "n" } };
    recorder("core/v1").event(node, "Normal", "NodeReady", "m");
    await clock.advance(0);
    expect(model.peekAll(coreEvents)[0]?.metadata.namespace).toBe("default");
  });

  it("makes a series of equal events.k8s.io events, and tells its count when it is over", async () => {
    const record = recorder("events.k8s.io/v1");
    await record.start();
    for (let i = 0; i < 5; i++) {
      record.event(pod, "Warning", "FailedScheduling", "no room", { action: "Scheduling" });
      await clock.advance(1_000);
    }
    expect(model.peekAll(events)).toMatchObject([
      {
        eventTime: "2026-01-01T00:00:00.000000Z",
        reportingController: "tester",
        reportingInstance: "tester-host",
        action: "Scheduling",
        note: "no room",
        series: { count: 2 },
      },
    ]);
    await clock.advance(480_000);
    expect(model.peekAll(events)).toMatchObject([{ series: { count: 5 } }]);
    await record.stop();
  });

  it("tries again while the server cannot be reached, but not when it refuses", async () => {
    let outages = 2;
    model.intercept(() => {
      if (outages-- > 0) throw new Error("down");
    });
    recorder("core/v1").event(pod, "Normal", "Pulled", "m");
    await clock.advance(10_000);
    expect(model.peekAll(coreEvents)).toHaveLength(1);
  });

  it("never waits: what does not fit is dropped and counted", async () => {
    const metrics = new Metrics();
    model.intercept(() => {
      throw new Error("down");
    });
    const record = recorder("core/v1", { metrics, queueMax: 2 });
    for (let i = 0; i < 5; i++) record.event(pod, "Normal", "Pulled", `m${i}`);
    expect(await metrics.text()).toContain(
      'kubets_event_recorder_events_total{component="tester",outcome="dropped"} 3',
    );
    const stopped = record.stop();
    await clock.advance(2_000);
    await stopped;
    expect(clock.pending).toBe(0);
  });
});
