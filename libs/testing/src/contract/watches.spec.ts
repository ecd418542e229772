/** P8, P10, P12 and P17: what a watch is told when changes come together, in bookmarks, at the mark of a compaction, and first. */
import type { LogEntry } from "@kubets/storage";
import type { WatchEvent } from "@kubets/watch-cache";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as maps from "../replicas/config-maps.ts";
import { SeededRandom } from "../seeded-random.ts";
import { lagMs, replicaNames, shownBy, TwoApiservers } from "./two-apiservers.ts";

const path = maps.pathOf();
const seed = Number(process.env.KUBETS_SEED ?? 12);

describe("a watch", () => {
  let api: TwoApiservers;
  let random: SeededRandom;
  beforeEach(async () => {
    api = await TwoApiservers.start();
    random = new SeededRandom(seed);
  });
  afterEach(() => api.stop());

  async function writeSome(writes: number): Promise<void> {
    for (let i = 0; i < writes; i++) {
      const name = `o${random.below(12)}`;
      if (random.chance(0.4)) await api.remove(name);
      else await api.put(name, `w${api.history.revision}`);
    }
  }

  it("sees a collection that is deleted at once as one event for each object, each at a revision of its own (P8)", async () => {
    for (let i = 0; i < 120; i++) await api.put(`o${i}`, "first");
    const before = api.history.revision;
    await api.clock.advance(lagMs);
    const watches = [];
    for (const name of replicaNames) {
      watches.push(await api.watch(api.at(name), { resourceVersion: String(before) }));
    }
    const deleted = await api.call("prompt", { method: "DELETE", path });
    expect(deleted.code).toBe(200);
    await api.clock.advance(lagMs);
    const log = await api.log(before);
    expect(log).toHaveLength(120);
    for (const { events } of watches) {
      expect(events.map(said)).toEqual(log.map(wanted));
      expect(new Set(events.map(({ revision }) => revision)).size).toBe(120);
    }
  });

  it("gets bookmarks under load behind which nothing older comes, and can go on from each of them (P10)", async () => {
    const watches = [];
    await writeSome(5);
    // Further than the lagging replica has heard of.
    const begin = api.history.revision;
    for (const name of replicaNames) {
      const query = { resourceVersion: String(begin), allowWatchBookmarks: "true" };
      watches.push(await api.watch(api.at(name), query));
    }
    await api.clock.advance(1_000);
    for (let round = 0; round < 60; round++) {
      await writeSome(3);
      await api.clock.advance(100);
    }
    await api.clock.advance(lagMs * 2);
    const log = await api.log();
    let bookmarks = 0;
    let late = 0;
    for (const { events } of watches) {
      let bookmark = begin;
      for (const { type, revision } of events) {
        if (type === "BOOKMARK") {
          bookmarks += 1;
          // Never back.
          if (revision < bookmark) late += 1;
          bookmark = revision;
        } else if (revision <= bookmark) late += 1;
      }
      expect(bookmark).toBe(api.history.revision);
      const some = events.find(({ type }) => type === "BOOKMARK");
      const from = some?.revision ?? 0n;
      const next = await api.watch(api.at("lagging"), { resourceVersion: String(from) });
      await api.clock.advance(lagMs);
      expect(next.events.map(said)).toEqual(
        log.filter(({ revision }) => revision > from).map(wanted),
      );
    }
    console.log(`${bookmarks} bookmarks, ${late} events behind a higher one; seed ${seed}`);
    expect(bookmarks).toBeGreaterThan(8);
    expect(late).toBe(0);
  });

  it("that begins at, below or above the mark of a compaction is whole or told 410, wherever the mark falls (P12)", async () => {
    await writeSome(60);
    const log = await api.log();
    const deletions = log.filter(({ type }) => type === "delete").length;
    expect(deletions).toBeGreaterThan(3);
    let gone = 0;
    let whole = 0;
    for (let mark = 2n; mark < api.history.revision; mark++) {
      await api.store.compact(mark);
      // It knows nothing but the present; all else it must read from the store.
      const late = await api.startReplica("prompt");
      for (const from of [mark - 1n, mark, mark + 1n]) {
        const { events, code, isEnded } = await api.watch(late, { resourceVersion: String(from) });
        if (from < mark) {
          expect([mark, code, events.map(codeOf), isEnded]).toEqual([mark, 200, [410], true]);
          gone += 1;
        } else {
          const missed = log.filter(({ revision }) => revision > from);
          expect([mark, events.map(said)]).toEqual([mark, missed.map(wanted)]);
          whole += 1;
        }
      }
    }
    console.log(
      `${gone} watches told 410, ${whole} whole, marks on ${deletions} deletions among them`,
    );
  });

  it.each(replicaNames)(
    "of the %s replica that lists first ends that with a bookmark, at whose revision it has what a list has (P17)",
    async (name) => {
      await writeSome(30);
      const query = {
        sendInitialEvents: "true",
        resourceVersionMatch: "NotOlderThan",
        allowWatchBookmarks: "true",
      };
      for (let round = 0; round < 20; round++) {
        await writeSome(2);
        const newest = api.history.revision;
        const { events } = await api.watch(api.at(name), query);
        const end = events.findIndex(({ initialEventsEnd }) => initialEventsEnd === true);
        expect(end).toBeGreaterThanOrEqual(0);
        const initial = events.slice(0, end);
        expect(new Set(initial.map(({ type }) => type))).toEqual(new Set(["ADDED"]));
        const revision = events[end]?.revision ?? 0n;
        // Without a version: the newest state.
        expect(revision).toBeGreaterThanOrEqual(newest);
        const exact = { resourceVersion: String(revision), resourceVersionMatch: "Exact" };
        const list = await api.call("prompt", { method: "GET", path, query: exact });
        expect(initial.map(({ entry }) => `${entry?.key.name}@${entry?.revision}`).sort()).toEqual(
          shownBy(list).sort(),
        );
      }
    },
  );
});

function wanted({ type, key, revision }: LogEntry): string {
  const shown = { create: "ADDED", update: "MODIFIED", delete: "DELETED" }[type];
  return `${shown} ${key.name}@${revision}`;
}

function said({ type, entry, revision }: WatchEvent): string {
  return `${type} ${entry?.key.name ?? ""}@${revision}`;
}

function codeOf({ error }: WatchEvent): unknown {
  return Reflect.get(error ?? {}, "code");
}
