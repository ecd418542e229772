import type { ConfigMap } from "@kubets/api/core/v1";
import { FakeClock, silentLogger } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configMaps } from "../resources.ts";
import { createMemoryClient, type MemoryClient } from "../testing/memory-client.ts";
import { Informer } from "./informer.ts";
import type { Change } from "./store.ts";

const map = (name: string, value = "1"): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "ns", name },
  data: { value },
});

describe("the informer", () => {
  let clock: FakeClock;
  let model: MemoryClient;
  let informer: Informer<ConfigMap>;
  let seen: string[];
  beforeEach(() => {
    clock = new FakeClock();
    model = createMemoryClient({ clock });
    informer = new Informer({
      client: model,
      type: configMaps,
      clock,
      logger: silentLogger,
      random: () => 0,
      indexers: { value: ({ data }) => [data?.value ?? ""] },
    });
    seen = [];
    informer.onChange(({ key, old, current }: Change<ConfigMap>) => {
      seen.push(`${old?.data?.value ?? "-"}>${current?.data?.value ?? "-"} ${key}`);
    });
  });
  afterEach(() => informer.stop());

  const update = async (name: string, value: string) => {
    const current = await model.get(configMaps, "ns", name);
    await model.update(configMaps, { ...current, data: { value } });
  };

  it("lists, tells that it has synced, and follows every change from there", async () => {
    await model.create(configMaps, map("a"));
    await informer.start();
    await informer.waitForSync();
    expect(informer.store.keys()).toEqual(["ns/a"]);
    await model.create(configMaps, map("b"));
    await update("a", "2");
    await model.delete(configMaps, "ns", "b");
    await clock.advance(0);
    expect(seen).toEqual(["->1 ns/a", "->1 ns/b", "1>2 ns/a", "1>- ns/b"]);
    expect(informer.store.byIndex("value", "2")).toHaveLength(1);
  });

  it("resumes where it was after the connection broke, without listing again", async () => {
    await informer.start();
    await informer.waitForSync();
    await model.create(configMaps, map("a"));
    await clock.advance(0);
    model.breakWatches();
    await clock.advance(0);
    await model.create(configMaps, map("b"));
    await clock.advance(800);
    expect(seen).toEqual(["->1 ns/a", "->1 ns/b"]);
    expect(model.calls.get("list configmaps")).toBe(1);
  });

  it("lists again when its revision is forgotten, and tells the difference once", async () => {
    await model.create(configMaps, map("kept"));
    await model.create(configMaps, map("gone"));
    await informer.start();
    await informer.waitForSync();
    await clock.advance(0);
    model.breakWatches();
    await clock.advance(0);
    await model.delete(configMaps, "ns", "gone");
    await model.create(configMaps, map("new"));
    model.compact();
    seen.length = 0;
    await clock.advance(800);
    expect(seen).toEqual(["1>- ns/gone", "->1 ns/new"]);
    expect(model.calls.get("list configmaps")).toBe(2);
  });

  it("moves its revision by bookmarks, so that a quiet watch does not fall out of the history", async () => {
    await informer.start();
    await informer.waitForSync();
    await clock.advance(0);
    model.seed({ ...configMaps, resource: "others" }, map("elsewhere"));
    model.sendBookmarks();
    await clock.advance(0);
    expect(informer.state).toMatchObject({ kind: "watching", revision: "2" });
  });

  it("keeps trying with growing pauses while the server cannot be reached", async () => {
    let isDown = true;
    model.intercept(() => {
      if (isDown) throw new Error("down");
    });
    await informer.start();
    await clock.advance(800 + 1_600 + 3_200);
    expect(model.calls.get("list configmaps")).toBe(4);
    isDown = false;
    await clock.advance(6_400);
    expect(informer.hasSynced).toBe(true);
  });

  it("goes on when a handler fails", async () => {
    informer.onChange(() => {
      throw new Error("a mistake");
    });
    await informer.start();
    await model.create(configMaps, map("a"));
    await clock.advance(0);
    await model.create(configMaps, map("b"));
    await clock.advance(0);
    expect(seen).toEqual(["->1 ns/a", "->1 ns/b"]);
  });

  it("shows a late handler everything that is there", async () => {
    await model.create(configMaps, map("a"));
    await informer.start();
    await informer.waitForSync();
    const late: string[] = [];
    informer.onChange(({ key }) => late.push(key));
    expect(late).toEqual(["ns/a"]);
  });

  it("stops without leaving a watch or a timer, and rejects who still waits", async () => {
    model.intercept(() => {
      throw new Error("down");
    });
    await informer.start();
    await clock.advance(0);
    const waiting = informer.waitForSync();
    await informer.stop();
    await expect(waiting).rejects.toThrow("was stopped before its first list");
    expect(model.watches).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
