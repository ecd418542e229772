import type { KubeObject } from "@kubets/api";
import { describe, expect, it } from "vitest";
import { openCache } from "./testing/open-cache.ts";
import { bytesOf, pod, podKey, podsOf } from "./testing/pods.ts";
import { turns } from "./testing/recording-sink.ts";
import type { Entry, ListResult } from "./types.ts";

function names({ entries }: ListResult): string[] {
  return entries.map(({ key }) => `${key.namespace}/${key.name}`);
}

describe("a cached object", () => {
  it("is what was loaded or written, with its resourceVersion in both forms", async () => {
    const { pods, writer } = await openCache({
      before: async (before) => {
        await before.create("loaded");
      },
    });
    const revision = await writer.create("written");
    for (const [name, expected] of [
      ["loaded", 1n],
      ["written", revision],
    ] as const) {
      const entry = await pods.get("default", name, "any");
      expect(entry?.revision).toBe(expected);
      const withVersion = pod(name);
      const metadata = { ...withVersion.metadata, resourceVersion: String(expected) };
      expect(entry?.object).toEqual({ ...withVersion, metadata });
      expect(JSON.parse(String(entry?.json))).toEqual(entry?.object);
    }
    expect(await pods.get("default", "none", "any")).toBeUndefined();
  });

  it("keeps forms that were made from it until memory is short", async () => {
    const { pods, writer } = await openCache({ formBytesMax: 10 });
    await writer.create("a");
    await writer.create("b");
    let made = 0;
    const form = (entry: Entry | undefined) =>
      entry?.form("six", () => {
        made += 1;
        return Buffer.from("123456");
      });
    const a = pods.peek("default", "a");
    const b = pods.peek("default", "b");
    expect(form(a)).toBe(form(a));
    expect(made).toBe(1);
    form(b);
    form(b);
    expect(made).toBe(2);
    form(a);
    expect(made).toBe(3);
  });

  it("that cannot be read is left out of what looks inside, and stops nothing", async () => {
    const { pods, storage, writer } = await openCache();
    await storage.write({
      op: "create",
      key: podKey("bad"),
      requestId: "bad",
      uid: "bad",
      bytes: Buffer.from('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"bad"}, broken'),
    });
    await writer.create("good");
    const all = await pods.list({ selection: {}, freshness: "any" });
    expect(names(all)).toEqual(["default/bad", "default/good"]);
    const selected = await pods.list({
      selection: { matches: (object) => object.metadata.name !== "" },
      freshness: "any",
    });
    expect(names(selected)).toEqual(["default/good"]);
    const bad = pods.peek("default", "bad");
    expect(() => bad?.object).toThrow("default/bad of pods cannot be read");
  });
});

describe("a list", () => {
  it("narrows by namespace, name, index and predicate", async () => {
    const { pods, writer } = await openCache();
    await writer.create("b", { nodeName: "n1" }, "x");
    await writer.create("a", { nodeName: "n1", app: "web" }, "y");
    await writer.create("a", { nodeName: "n2", app: "web" }, "x");
    const list = async (selection: Parameters<typeof pods.list>[0]["selection"]) =>
      names(await pods.list({ selection, freshness: "any" }));
    expect(await list({})).toEqual(["x/a", "x/b", "y/a"]);
    expect(await list({ namespace: "x" })).toEqual(["x/a", "x/b"]);
    expect(await list({ namespace: "x", name: "a" })).toEqual(["x/a"]);
    expect(await list({ name: "a" })).toEqual(["x/a", "y/a"]);
    expect(await list({ index: ["spec.nodeName", "n1"] })).toEqual(["x/b", "y/a"]);
    expect(await list({ namespace: "x", index: ["spec.nodeName", "n1"] })).toEqual(["x/b"]);
    const matches = (object: KubeObject) => object.metadata.labels?.app === "web";
    expect(await list({ matches })).toEqual(["x/a", "y/a"]);
    await writer.update("b", { nodeName: "n2" }, "x");
    await writer.delete("a", "y");
    expect(await list({ index: ["spec.nodeName", "n1"] })).toEqual([]);
    expect(await list({ index: ["spec.nodeName", "n2"] })).toEqual(["x/a", "x/b"]);
  });

  it("pages with what remains, and only without a selector", async () => {
    const { pods, writer } = await openCache();
    for (let i = 0; i < 5; i++) await writer.create(`p${i}`);
    await writer.create("other", {}, "zzz");
    const first = await pods.list({
      selection: { namespace: "default" },
      freshness: "any",
      limit: 2,
    });
    expect(first).toMatchObject({ next: { namespace: "default", name: "p1" }, remaining: 3 });
    const last = await pods.list({
      selection: { namespace: "default" },
      freshness: { exact: first.revision },
      after: { namespace: "default", name: "p2" },
      limit: 2,
    });
    expect(names(last)).toEqual(["default/p3", "default/p4"]);
    expect(last).not.toHaveProperty("next");
    const selected = await pods.list({
      selection: { matches: () => true },
      freshness: "any",
      limit: 2,
    });
    expect(selected.next).toBeDefined();
    expect(selected).not.toHaveProperty("remaining");
  });

  it("shows one state on all its pages while objects change, from memory or from the store", async () => {
    for (const ringEventsMax of [10_000, 2]) {
      const { pods, writer, storage } = await openCache({ ringEventsMax });
      for (let i = 0; i < 9; i++) await writer.create(`p${i}`);
      const then = await pods.list({ selection: {}, freshness: "mostRecent" });
      const first = await pods.list({ selection: {}, freshness: "mostRecent", limit: 4 });
      await writer.delete("p5");
      await writer.update("p6", { app: "new" });
      await writer.create("p45");
      await writer.delete("p8");
      await writer.create("p8");
      const entries = [...first.entries];
      for (let { next } = first; next !== undefined; ) {
        const page: ListResult = await pods.list({
          selection: {},
          freshness: { exact: first.revision },
          after: next,
          limit: 4,
        });
        expect(page.revision).toBe(first.revision);
        entries.push(...page.entries);
        next = page.next;
      }
      expect(entries.map(({ json }) => json.toString())).toEqual(
        then.entries.map(({ json }) => json.toString()),
      );
      await storage.compact(await storage.currentRevision());
      const tooOld = pods.list({ selection: {}, freshness: { exact: first.revision } });
      if (ringEventsMax === 2) {
        await expect(tooOld).rejects.toMatchObject({
          reason: "Expired",
          message: "The resourceVersion for the provided list is too old.",
        });
      } else expect((await tooOld).entries).toHaveLength(9);
    }
  });

  it("at an earlier revision finds by index what has moved since", async () => {
    const { pods, writer } = await openCache();
    await writer.create("a", { nodeName: "n1" });
    const then = await writer.create("b", { nodeName: "n1" });
    await writer.update("a", { nodeName: "n2" });
    const list = async (revision: bigint) =>
      names(
        await pods.list({
          selection: { index: ["spec.nodeName", "n1"] },
          freshness: { exact: revision },
        }),
      );
    expect(await list(then)).toEqual(["default/a", "default/b"]);
    expect(await list(then + 1n)).toEqual(["default/b"]);
  });

  it("that must be most recent waits for writes of other instances", async () => {
    const { pods, history } = await openCache();
    // Written behind the back of this instance's own log delivery.
    history.apply(
      {
        op: "create",
        key: podKey("a"),
        requestId: "a",
        uid: "a",
        bytes: bytesOf(pod("a")),
      },
      {},
    );
    expect(pods.peek("default", "a")).toBeUndefined();
    const recent = await pods.list({ selection: {}, freshness: "mostRecent" });
    expect(names(recent)).toEqual(["default/a"]);
  });

  it("from the future answers 504 with upstream's text after three seconds", async () => {
    const { pods, clock, writer } = await openCache();
    const current = await writer.create("a");
    const wanted = current + 1_000_000n;
    const list = pods.list({ selection: {}, freshness: { notOlderThan: wanted } });
    const failed = expect(list).rejects.toMatchObject({
      code: 504,
      reason: "Timeout",
      message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
      status: {
        details: {
          retryAfterSeconds: 1,
          causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        },
      },
    });
    await clock.advance(2_999);
    const soon = pods.list({ selection: {}, freshness: { notOlderThan: current + 1n } });
    await clock.advance(1);
    await failed;
    await writer.create("b");
    expect(names(await soon)).toEqual(["default/a", "default/b"]);
    await turns();
  });

  it("and a watch are counted by resource", async () => {
    const { cache, writer, watch } = await openCache();
    await writer.create("a");
    const sink = await watch();
    expect(cache.stats()).toEqual([{ ...podsOf, objects: 1, watchers: 1 }]);
    sink.handle?.close();
    await writer.delete("a");
    expect(cache.stats()).toEqual([{ ...podsOf, objects: 0, watchers: 0 }]);
  });

  it("is refused before the cache is loaded", async () => {
    const { storage } = await openCache();
    const { createWatchCache } = await import("./watch-cache.ts");
    const cache = createWatchCache({ storage });
    expect(cache.isReady()).toBe(false);
    const list = cache.resource(podsOf).list({ selection: {}, freshness: "any" });
    await expect(list).rejects.toMatchObject({ code: 429, reason: "TooManyRequests" });
  });
});
