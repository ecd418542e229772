import { createSimulatedRuntime } from "@kubets/cri";
import { FakeClock, silentLogger } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { type Disk, ImageCollector } from "./image-collector.ts";

async function start(disk: Disk) {
  const clock = new FakeClock();
  const runtime = createSimulatedRuntime({ clock });
  const events: string[] = [];
  const collector = new ImageCollector({
    context: { runtime },
    clock,
    logger: silentLogger,
    nodeName: "n",
    events: { normal() {}, warning: (_, reason) => events.push(reason) },
    readDisk: async () => disk,
  });
  const names = async () => (await runtime.listImages()).flatMap(({ repoTags }) => repoTags);
  return { clock, runtime, collector, events, names };
}

describe("clearing up images", () => {
  it("does nothing while the disk has room", async () => {
    const { runtime, collector, names } = await start({ bytes: 100, freeBytes: 50 });
    await runtime.pullImage("a:1", undefined, undefined);
    expect(await collector.collect()).toBe(0);
    expect(await names()).toEqual(["a:1"]);
  });

  it("removes the oldest until there is room again, but none that has just come", async () => {
    const disk = { bytes: 100_000_000, freeBytes: 8_000_000 };
    const { clock, runtime, collector, names } = await start(disk);
    await runtime.pullImage("registry.local/pause:3.10", undefined, undefined);
    await runtime.pullImage("old:1", undefined, undefined);
    await collector.collect();
    await clock.advance(60_000);
    await runtime.pullImage("newer:1", undefined, undefined);
    await collector.collect();
    await clock.advance(61_000);
    // Twelve million bytes are wanted; only the first image, of ten million, is old enough.
    expect(await collector.collect()).toBe(10_000_000);
    // Sandboxes use the pause image, though no container does.
    expect(await names()).toEqual(["registry.local/pause:3.10", "newer:1"]);
  });

  it("says so when it cannot free enough", async () => {
    const { collector, events } = await start({ bytes: 100, freeBytes: 1 });
    expect(await collector.collect()).toBe(0);
    expect(events).toEqual(["FreeDiskSpaceFailed"]);
  });
});
