import { createMemoryStorage } from "@kubets/storage";
import { describe, expect, it } from "vitest";
import { openCache } from "./testing/open-cache.ts";
import type { PodWriter } from "./testing/pods.ts";
import { type RecordingSink, turns } from "./testing/recording-sink.ts";
import type { Selection } from "./types.ts";

describe("watches that go on with a replica that has just started", () => {
  const selections: readonly Selection[] = [
    {},
    { namespace: "x" },
    { name: "p3" },
    { index: ["spec.nodeName", "n1"] },
    { matches: ({ metadata }) => metadata.labels?.app === "a" },
  ];

  /** Objects that come, change, enter and leave selections, and go. */
  async function writeHistory(writer: PodWriter): Promise<void> {
    const state = (i: number) => ({ app: "ab"[i % 2] ?? "", nodeName: `n${i % 3}` });
    for (let i = 0; i < 8; i++) await writer.create(`p${i}`, state(i), i % 2 ? "x" : "y");
    for (let i = 0; i < 8; i++) await writer.update(`p${i}`, state(i + 1), i % 2 ? "x" : "y");
    for (let i = 0; i < 4; i++) await writer.delete(`p${i}`, i % 2 ? "x" : "y");
    for (let i = 0; i < 4; i++) await writer.create(`p${i}`, state(i), i % 2 ? "x" : "y");
  }

  /** One that was there from the beginning and one that starts behind it all; what each asks the store. */
  async function oldAndNew(options: { readonly ringEventsMax?: number } = {}) {
    const old = await openCache();
    await writeHistory(old.writer);
    const asked = { lists: 0, reads: 0 };
    const storage = createMemoryStorage({ history: old.history });
    const list = storage.list.bind(storage);
    storage.list = (...args) => {
      asked.lists += 1;
      return list(...args);
    };
    const readLog = storage.readLog.bind(storage);
    storage.readLog = (...args) => {
      asked.reads += 1;
      return readLog(...args);
    };
    return { old, fresh: await openCache({ ...options, storage }), asked };
  }

  it("see what they would have seen, and the store is asked once for all of them", async () => {
    const { old, fresh, asked } = await oldAndNew();
    // In the log, and in the ring already.
    await old.writer.update("p3", { app: "b", nodeName: "n1" }, "x");
    await turns();
    const seen: [RecordingSink, RecordingSink][] = await Promise.all(
      Array.from({ length: 24 }, (_, after) => BigInt(after)).flatMap((after) =>
        selections.map(async (selection) => {
          const request = { selection, from: { after } };
          return [await old.watch(request), await fresh.watch(request)] as [
            RecordingSink,
            RecordingSink,
          ];
        }),
      ),
    );
    await old.writer.create("last", { app: "a", nodeName: "n1" }, "x");
    await turns(20);
    let events = 0;
    for (const [before, now] of seen) {
      expect(now.texts).toEqual(before.texts);
      events += now.events.length;
    }
    expect(events).toBeGreaterThan(500);
    expect(asked.reads).toBeLessThan(4);
    expect(asked.lists).toBeLessThan(4);
  });

  it("are told all the same what is too long ago to be kept", async () => {
    const { old, fresh } = await oldAndNew({ ringEventsMax: 6 });
    for (const selection of selections) {
      for (const after of [3n, 12n, 19n]) {
        const request = { selection, from: { after } };
        const [before, now] = [await old.watch(request), await fresh.watch(request)];
        await turns(20);
        expect([after, now.texts]).toEqual([after, before.texts]);
      }
    }
  });

  it("find the newest of a history of several pages, and all of it", async () => {
    const { old, fresh, asked } = await oldAndNew({ ringEventsMax: 300 });
    for (let i = 0; i < 2_500; i++) {
      await old.writer.update(`p${i % 8}`, { app: "a", nodeName: "n1" }, i % 2 ? "x" : "y");
    }
    const last = await old.storage.currentRevision();
    const later = await openCache({ ringEventsMax: 300, storage: fresh.storage });
    for (const back of [200n, 1_700n]) {
      const request = { from: { after: last - back } };
      const [before, now] = [await old.watch(request), await later.watch(request)];
      await turns(20);
      expect(before.texts).toHaveLength(Number(back));
      expect(now.texts).toEqual(before.texts);
      // The newest page alone has them; what is further back is read for the one who asks.
      if (back === 200n) expect(asked.reads).toBeLessThan(3);
    }
  });

  it("are told 410 below the mark of a compaction, and the others are served", async () => {
    const { old, fresh, asked } = await oldAndNew();
    await old.storage.compact(10n);
    const sinks = await Promise.all(
      [9n, 10n, 4n, 15n].map((after) => fresh.watch({ from: { after } })),
    );
    await turns(20);
    expect(sinks.map(({ events }) => events.length)).toEqual([1, 14, 1, 9]);
    expect(asked.lists).toBe(1);
    for (const gone of [sinks[0], sinks[2]]) {
      expect(gone?.events).toMatchObject([{ type: "ERROR", error: { code: 410 } }]);
    }
  });
});
