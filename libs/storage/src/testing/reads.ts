import { describe, expect, it } from "vitest";
import type { Storage, StoredObject } from "../storage.ts";
import {
  bytesOf,
  committed,
  createOf,
  deleteOf,
  keyOf,
  type MakeFixture,
  namesOf,
  updateOf,
} from "./fixture.ts";
import { useStore } from "./use-store.ts";

const pods = { group: "", resource: "pods" };

async function allOf(store: Storage): Promise<StoredObject[]> {
  const { chunks } = await store.loadAll();
  const objects: StoredObject[] = [];
  for await (const chunk of chunks) objects.push(...chunk);
  return objects;
}

export function readSuite(make: MakeFixture): void {
  describe("reads", () => {
    const use = useStore(make);

    it("lists a resource or one namespace in order of the bytes of namespace and name", async () => {
      const names = ["b", "a", "B", "a-b", "a.b", "\u{1f680}", "\uffee", "ä"];
      for (const name of names) await use.store.write(createOf(keyOf(name)));
      await use.store.write(createOf(keyOf("z", "before")));
      await use.store.write(createOf(keyOf("s", "default", "services")));
      const { objects, revision, hasMore } = await use.store.list(pods);
      expect(namesOf(objects)).toEqual([
        "before/z",
        ...["B", "a", "a-b", "a.b", "b", "ä", "\uffee", "\u{1f680}"].map((n) => `default/${n}`),
      ]);
      expect(revision).toBe(await use.store.currentRevision());
      expect(hasMore).toBe(false);
      const inside = await use.store.list({ ...pods, namespace: "before" });
      expect(namesOf(inside.objects)).toEqual(["before/z"]);
    });

    it("lists the state of an earlier revision, deletions and changes undone", async () => {
      const a = committed(await use.store.write(createOf(keyOf("a"))));
      const b = committed(await use.store.write(createOf(keyOf("b"))));
      const a2 = committed(await use.store.write(updateOf(keyOf("a"), a)));
      committed(await use.store.write(deleteOf(keyOf("b"), b)));
      const c = committed(await use.store.write(createOf(keyOf("c"))));
      committed(await use.store.write(updateOf(keyOf("a"), a2)));
      const at = async (revision: bigint) => {
        const page = await use.store.list(pods, { atRevision: revision });
        expect(page.revision).toBe(revision);
        return page.objects.map(({ key, revision: own }) => [key.name, own]);
      };
      expect(await at(a)).toEqual([["a", a]]);
      expect(await at(b)).toEqual([
        ["a", a],
        ["b", b],
      ]);
      expect(await at(a2)).toEqual([
        ["a", a2],
        ["b", b],
      ]);
      expect(await at(c)).toEqual([
        ["a", a2],
        ["c", c],
      ]);
      const old = await use.store.list(pods, { atRevision: a2 });
      expect(old.objects[0]).toEqual({
        key: keyOf("a"),
        uid: "uid-a",
        revision: a2,
        bytes: bytesOf({ name: "a", from: String(a) }),
      });
    });

    it("pages through one snapshot while the store changes", async () => {
      for (let i = 0; i < 9; i++) await use.store.write(createOf(keyOf(`p${i}`)));
      const first = await use.store.list(pods, { limit: 4 });
      expect(first.hasMore).toBe(true);
      const p5 = await use.store.get(keyOf("p5"));
      committed(await use.store.write(deleteOf(keyOf("p5"), p5?.revision ?? 0n)));
      committed(await use.store.write(createOf(keyOf("p45"))));
      const seen = namesOf(first.objects);
      let after = first.objects.at(-1)?.key;
      for (let hasMore: boolean = first.hasMore; hasMore && after !== undefined; ) {
        const page = await use.store.list(pods, { atRevision: first.revision, after, limit: 4 });
        expect(page.revision).toBe(first.revision);
        seen.push(...namesOf(page.objects));
        after = page.objects.at(-1)?.key;
        hasMore = page.hasMore;
      }
      expect(seen).toEqual(Array.from({ length: 9 }, (_, i) => `default/p${i}`));
    });

    it("says exactly when a page is the last one", async () => {
      for (let i = 0; i < 4; i++) await use.store.write(createOf(keyOf(`p${i}`)));
      expect((await use.store.list(pods, { limit: 4 })).hasMore).toBe(false);
      const rest = await use.store.list(pods, { after: keyOf("p1"), limit: 1 });
      expect(namesOf(rest.objects)).toEqual(["default/p2"]);
      expect(rest.hasMore).toBe(true);
    });

    it("refuses revisions that are gone or not there yet", async () => {
      const a = committed(await use.store.write(createOf(keyOf("a"))));
      const a2 = committed(await use.store.write(updateOf(keyOf("a"), a)));
      const future = { code: "future" };
      await expect(use.store.list(pods, { atRevision: a2 + 1n })).rejects.toMatchObject(future);
      await expect(use.store.readLog(a2 + 1n, 1)).rejects.toMatchObject(future);
      await expect(use.store.compact(a2 + 1n)).rejects.toMatchObject(future);
      await use.store.compact(a2);
      const gone = { code: "compacted" };
      await expect(use.store.list(pods, { atRevision: a })).rejects.toMatchObject(gone);
      await expect(use.store.readLog(a, 1)).rejects.toMatchObject(gone);
      expect((await use.store.list(pods, { atRevision: a2 })).objects).toHaveLength(1);
      expect(await use.store.readLog(a2, 1)).toEqual([]);
    });

    it("loads every object of every resource in one snapshot while the store changes", async () => {
      for (let i = 0; i < 25; i++) {
        await use.store.write(createOf(keyOf(`p${i}`, "default", i % 2 ? "pods" : "services")));
      }
      const before = await use.store.currentRevision();
      const { revision, chunks } = await use.store.loadAll();
      expect(revision).toBe(before);
      const p1 = await use.store.get(keyOf("p1"));
      committed(await use.store.write(deleteOf(keyOf("p1"), p1?.revision ?? 0n)));
      committed(await use.store.write(updateOf(keyOf("p3"), 4n + (before - 25n))));
      committed(await use.store.write(createOf(keyOf("new"))));
      const objects: StoredObject[] = [];
      for await (const chunk of chunks) objects.push(...chunk);
      expect(objects.map(({ key }) => key.name).sort()).toEqual(
        Array.from({ length: 25 }, (_, i) => `p${i}`).sort(),
      );
      for (const object of objects) expect(object.revision <= revision).toBe(true);
    });

    it("loses nothing current by compaction, and forgets what was deleted", async () => {
      const a = committed(await use.store.write(createOf(keyOf("a"))));
      const b = committed(await use.store.write(createOf(keyOf("b"))));
      const a2 = committed(await use.store.write(updateOf(keyOf("a"), a)));
      const b2 = committed(await use.store.write(deleteOf(keyOf("b"), b)));
      const c = committed(await use.store.write(createOf(keyOf("c"))));
      const c2 = committed(await use.store.write(updateOf(keyOf("c"), c)));
      const c3 = committed(await use.store.write(updateOf(keyOf("c"), c2)));
      // In the middle, on a deletion, on the newest; and back again, which changes nothing.
      for (const mark of [a2, b2, c, c3, a2]) await use.store.compact(mark);
      expect(await use.store.compactedRevision()).toBe(c3);
      expect((await allOf(use.store)).map(({ key, revision }) => [key.name, revision])).toEqual([
        ["a", a2],
        ["c", c3],
      ]);
      const now = committed(await use.store.write(deleteOf(keyOf("a"), a2)));
      const then = await use.store.list(pods, { atRevision: c3 });
      expect(then.objects.map(({ key, revision }) => [key.name, revision])).toEqual([
        ["a", a2],
        ["c", c3],
      ]);
      expect((await use.store.readLog(c3, 10)).map((entry) => entry.revision)).toEqual([now]);
    });

    it("has one cluster id for all instances", async () => {
      const other = await use.open();
      expect(await other.clusterId()).toBe(await use.store.clusterId());
      expect(await use.store.clusterId()).toMatch(/^[0-9a-f-]{36}$/);
    });
  });
}
