import type { KubeObject } from "@kubets/api";
import { createMemoryStorage, StorageError } from "@kubets/storage";
import { describe, expect, it } from "vitest";
import { openCache } from "./testing/open-cache.ts";
import { turns } from "./testing/recording-sink.ts";

const ofWeb = {
  matches: (object: KubeObject) => object.metadata.labels?.app === "web",
};

describe("a watch", () => {
  it("begins with the present objects and goes on with what changes", async () => {
    const { watch, writer } = await openCache();
    await writer.create("b");
    await writer.create("a");
    const sink = await watch({ bookmarks: true, initialEventsEnd: true });
    await writer.create("c");
    await turns();
    expect(sink.texts).toEqual([
      "ADDED default/a 2",
      "ADDED default/b 1",
      "BOOKMARK 2 initial",
      "ADDED default/c 3",
    ]);
  });

  it("behind a revision sees every later event once", async () => {
    const { watch, writer } = await openCache();
    await writer.create("a");
    await writer.update("a");
    const sink = await watch({ from: { after: 1n } });
    await writer.delete("a");
    await writer.create("a");
    await turns();
    expect(sink.texts).toEqual([
      "MODIFIED default/a 2",
      "DELETED default/a 3",
      "ADDED default/a 4",
    ]);
    const gone = sink.events[1]?.entry;
    expect(gone?.object.metadata.resourceVersion).toBe("3");
  });

  it("in the future stays silent until it is reached", async () => {
    const { watch, writer } = await openCache();
    await writer.create("a");
    const sink = await watch({ from: { after: 3n } });
    for (const name of ["b", "c", "d"]) await writer.create(name);
    await turns();
    expect(sink.texts).toEqual(["ADDED default/d 4"]);
  });

  it("with a selector sees objects enter and leave, the last state at the new revision", async () => {
    const { watch, writer } = await openCache();
    await writer.create("a", { app: "web" });
    await writer.create("b");
    const sink = await watch({ selection: ofWeb });
    await writer.update("b", { app: "web" });
    await writer.update("b", { app: "web", nodeName: "n1" });
    await writer.update("a", { app: "other" });
    await writer.update("a", { app: "third" });
    await writer.delete("a");
    await writer.delete("b");
    await turns();
    expect(sink.texts).toEqual([
      "ADDED default/a 1",
      "ADDED default/b 3",
      "MODIFIED default/b 4",
      "DELETED default/a 5",
      "DELETED default/b 8",
    ]);
    const left = sink.events[3]?.entry;
    expect(left?.object.metadata).toMatchObject({ labels: { app: "web" }, resourceVersion: "5" });
    expect(JSON.parse(String(left?.json))).toEqual(left?.object);
  });

  it("by index sees the objects of its value only, as they come and go", async () => {
    const { watch, writer } = await openCache();
    const n1 = await watch({ selection: { index: ["spec.nodeName", "n1"] } });
    const n2 = await watch({ selection: { index: ["spec.nodeName", "n2"] } });
    await writer.create("a");
    await writer.update("a", { nodeName: "n1" });
    await writer.update("a", { nodeName: "n1", app: "web" });
    await writer.update("a", { nodeName: "n2" });
    await writer.delete("a");
    await turns();
    expect(n1.texts).toEqual(["ADDED default/a 2", "MODIFIED default/a 3", "DELETED default/a 4"]);
    expect(n2.texts).toEqual(["ADDED default/a 4", "DELETED default/a 5"]);
  });

  it("by namespace and by name sees its own", async () => {
    const { watch, writer } = await openCache();
    const inX = await watch({ selection: { namespace: "x" } });
    const named = await watch({ selection: { namespace: "x", name: "a" } });
    const nameOnly = await watch({ selection: { name: "a" } });
    await writer.create("a", {}, "x");
    await writer.create("b", {}, "x");
    await writer.create("a", {}, "y");
    await turns();
    expect(inX.texts).toEqual(["ADDED x/a 1", "ADDED x/b 2"]);
    expect(named.texts).toEqual(["ADDED x/a 1"]);
    expect(nameOnly.texts).toEqual(["ADDED x/a 1", "ADDED y/a 3"]);
  });

  it("shares one array of events with all others that see the same", async () => {
    const { watch, writer } = await openCache();
    const sinks = [await watch(), await watch()];
    await turns();
    await Promise.all([writer.create("a"), writer.create("b"), writer.create("c")]);
    await turns();
    for (const sink of sinks) expect(sink.deliveries).toHaveLength(1);
    expect(sinks[0]?.deliveries[0]).toBe(sinks[1]?.deliveries[0]);
  });

  it("behind the ring is served from the log, selectors included", async () => {
    const { watch, writer } = await openCache({ ringEventsMax: 2 });
    await writer.create("a", { app: "web" });
    await writer.create("b", { app: "web" });
    await writer.update("a", {});
    for (let i = 0; i < 5; i++) await writer.update("b", { app: "web", nodeName: `n${i}` });
    const all = await watch({ from: { after: 1n } });
    const web = await watch({ from: { after: 2n }, selection: ofWeb });
    await writer.create("c", { app: "web" });
    await turns();
    expect(all.texts).toEqual([
      "ADDED default/b 2",
      "MODIFIED default/a 3",
      ...[4, 5, 6, 7, 8].map((n) => `MODIFIED default/b ${n}`),
      "ADDED default/c 9",
    ]);
    expect(web.texts).toEqual([
      "DELETED default/a 3",
      ...[4, 5, 6, 7, 8].map((n) => `MODIFIED default/b ${n}`),
      "ADDED default/c 9",
    ]);
  });

  it("behind what was compacted is told 410 in the stream and ends", async () => {
    const { watch, writer, storage } = await openCache({ ringEventsMax: 2 });
    await writer.create("a");
    for (let i = 0; i < 5; i++) await writer.update("a");
    await storage.compact(3n);
    const sink = await watch({ from: { after: 2n } });
    await sink.until(({ isEnded }) => isEnded);
    expect(sink.events).toHaveLength(1);
    expect(sink.events[0]).toMatchObject({
      type: "ERROR",
      error: { code: 410, reason: "Expired", message: "too old resource version: 2 (4)" },
    });
    const kept = await watch({ from: { after: 3n } });
    await turns();
    expect(kept.texts).toEqual([4, 5, 6].map((n) => `MODIFIED default/a ${n}`));
  });

  it("gets nothing while its receiver is full, and everything in order afterwards", async () => {
    const { watch, writer } = await openCache();
    const sink = await watch();
    await turns();
    sink.isFull = true;
    await writer.create("a");
    await turns();
    await writer.create("b");
    await turns();
    await writer.create("c");
    await turns();
    expect(sink.texts).toEqual(["ADDED default/a 1"]);
    sink.drain();
    expect(sink.texts).toEqual(["ADDED default/a 1", "ADDED default/b 2", "ADDED default/c 3"]);
  });

  it("joins live events behind a long first state without a gap", async () => {
    const { watch, writer } = await openCache({
      before: async (before) => {
        for (let i = 0; i < 2_000; i++) await before.create(`p${i}`);
      },
    });
    const sink = await watch();
    await writer.create("zz1");
    await turns(1);
    await writer.create("zz2");
    await sink.until(({ events }) => events.length === 2_002);
    expect(sink.texts.slice(-2)).toEqual(["ADDED default/zz1 2001", "ADDED default/zz2 2002"]);
    expect(new Set(sink.texts).size).toBe(2_002);
    expect(Math.max(...sink.deliveries.map((events) => events.length))).toBeLessThan(100);
  });

  it("whose receiver takes nothing for half a minute is closed; the others do not notice", async () => {
    const { watch, writer, clock } = await openCache();
    const stuck = await watch();
    const healthy = await watch();
    await turns();
    stuck.isFull = true;
    for (let i = 0; i < 4; i++) {
      await writer.create(`p${i}`);
      await turns();
    }
    await clock.advance(29_000);
    expect(stuck.isEnded).toBe(false);
    await clock.advance(2_000);
    expect(stuck.isEnded).toBe(true);
    expect(stuck.events.every(({ type }) => type !== "ERROR")).toBe(true);
    expect(healthy.isEnded).toBe(false);
    expect(healthy.events).toHaveLength(4);
  });

  it("whose receiver leaves more than 8 MiB unread is closed", async () => {
    const { watch, writer } = await openCache();
    const sink = await watch();
    await turns();
    sink.isFull = true;
    const app = "x".repeat(1024 * 1024);
    for (let i = 0; i < 12; i++) {
      await writer.create(`p${i}`, { app });
      await turns();
    }
    expect(sink.isEnded).toBe(true);
    expect(sink.events).toHaveLength(1);
  });

  it("gets a bookmark each minute that nothing it was given lies behind", async () => {
    const { watch, writer, clock } = await openCache();
    const sink = await watch({ bookmarks: true, selection: { namespace: "x" } });
    const silent = await watch({ selection: { namespace: "x" } });
    await writer.create("a", {}, "x");
    await writer.create("b", {}, "y");
    await clock.advance(59_000);
    expect(sink.texts).toEqual(["ADDED x/a 1"]);
    await clock.advance(2_000);
    expect(sink.texts).toEqual(["ADDED x/a 1", "BOOKMARK 2"]);
    await clock.advance(61_000);
    expect(sink.texts.at(-1)).toBe("BOOKMARK 2");
    expect(sink.events).toHaveLength(3);
    expect(silent.texts).toEqual(["ADDED x/a 1"]);
  });

  it("from ahead of this replica gets no bookmark before that is reached", async () => {
    const { clock, watch, writer } = await openCache({ bookmarkIntervalMs: 1_000 });
    const sink = await watch({ from: { after: 2n }, bookmarks: true });
    await clock.advance(5_000);
    expect(sink.events).toEqual([]);
    for (const name of ["a", "b", "c"]) await writer.create(name);
    await clock.advance(1_000);
    expect(sink.texts).toEqual(["ADDED default/c 3", "BOOKMARK 3"]);
  });

  it("delivers nothing after it was closed", async () => {
    const { watch, writer } = await openCache();
    const sink = await watch();
    sink.handle?.close();
    await writer.create("a");
    await turns();
    expect(sink.events).toEqual([]);
    expect(sink.isEnded).toBe(false);
  });

  it("ends when the cache stops", async () => {
    const { watch, cache } = await openCache();
    const sink = await watch();
    await cache.stop();
    expect(sink.isEnded).toBe(true);
  });
});

describe("a cache whose log broke off", () => {
  it("loads anew and tells every watch that its history is gone", async () => {
    const storage = createMemoryStorage();
    const subscribe = storage.subscribe.bind(storage);
    let end: ((error: StorageError) => void) | undefined;
    storage.subscribe = (after, onBatch, onEnd) => {
      end = onEnd;
      return subscribe(after, onBatch, onEnd);
    };
    const { watch, writer, cache, pods } = await openCache({ storage });
    await writer.create("a");
    const sink = await watch();
    await turns();
    // As after a restore.
    end?.(new StorageError("compacted", "the history is gone"));
    expect(cache.isReady()).toBe(false);
    await sink.until(({ isEnded }) => isEnded);
    expect(sink.events.at(-1)).toMatchObject({ type: "ERROR", error: { code: 410 } });
    expect(cache.isReady()).toBe(true);
    await writer.create("b");
    expect(pods.peek("default", "b")).toBeDefined();
  });
});
