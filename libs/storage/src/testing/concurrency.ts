import { describe, expect, it } from "vitest";
import type { LogEntry, ObjectKey, Storage, Write, WriteResult } from "../storage.ts";
import {
  bytesOf,
  committed,
  createOf,
  deleteOf,
  inTheWay,
  keyOf,
  Listener,
  type MakeFixture,
  range,
  updateOf,
} from "./fixture.ts";
import { useStore } from "./use-store.ts";

const counter = keyOf("counter", "default", "configmaps");

function countIn(bytes: Buffer): number {
  const value: unknown = JSON.parse(bytes.toString());
  return typeof value === "object" && value !== null ? Number(Reflect.get(value, "n")) : Number.NaN;
}

/** Adds one to the shared counter, again and again until its update is the one that is taken. */
async function increment(store: Storage): Promise<void> {
  let current = await store.get(counter);
  for (;;) {
    if (current === undefined) throw new Error("the counter is there");
    const bytes = bytesOf({ n: countIn(current.bytes) + 1 });
    const result: WriteResult = await store.write(updateOf(counter, current.revision, { bytes }));
    if (result.status === "committed") return;
    current = inTheWay(result);
  }
}

export function concurrencySuite(make: MakeFixture): void {
  describe("several instances", () => {
    const use = useStore(make);

    it("number all writes without a gap or a double, and all see the same log", async () => {
      const stores = [use.store, await use.open(), await use.open()];
      const start = await use.store.currentRevision();
      const listeners = stores.map((store) => {
        const listener = new Listener();
        store.subscribe(start, listener.onBatch, listener.onEnd);
        return listener;
      });
      const answered = new Map<bigint, string>();
      const workers = stores.flatMap((store, s) =>
        Array.from({ length: 8 }, async (_, w) => {
          for (let i = 0; i < 12; i++) {
            const key = keyOf(`w${s}-${w}-${i % 4}`);
            const created = await store.write(createOf(key));
            if (created.status !== "committed") continue;
            answered.set(created.revision, "create");
            const updated = await store.write(updateOf(key, created.revision));
            answered.set(committed(updated), "update");
            const removed = await store.write(deleteOf(key, committed(updated)));
            answered.set(committed(removed), "delete");
          }
        }),
      );
      await Promise.all(workers);
      const end = start + BigInt(3 * 8 * 12 * 3);
      expect(await use.store.currentRevision()).toBe(end);
      expect([...answered.keys()].sort((a, b) => Number(a - b))).toEqual(range(start + 1n, end));
      const text = ({ revision, type, key }: LogEntry) => `${revision} ${type} ${key.name}`;
      for (const listener of listeners) await listener.reached(end);
      for (const listener of listeners) {
        expect(listener.revisions).toEqual(range(start + 1n, end));
        expect(listener.entries.map(text)).toEqual(listeners[0]?.entries.map(text));
      }
      for (const { revision, type } of listeners[0]?.entries ?? []) {
        expect(answered.get(revision)).toBe(type);
      }
    });

    it("never lose an increment", async () => {
      const stores = [use.store, await use.open()];
      committed(await use.store.write(createOf(counter, { bytes: bytesOf({ n: 0 }) })));
      await Promise.all(
        stores.flatMap((store) =>
          Array.from({ length: 10 }, async () => {
            for (let i = 0; i < 5; i++) await increment(store);
          }),
        ),
      );
      const end = await use.store.get(counter);
      expect(countIn(end?.bytes ?? Buffer.from("{}"))).toBe(100);
    });

    it("let exactly one of many creates of one key win", async () => {
      const stores = [use.store, await use.open()];
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          (stores[i % 2] ?? use.store).write(createOf(keyOf("one"), { uid: `uid-${i}` })),
        ),
      );
      const winners = results.filter((result) => result.status === "committed");
      expect(winners).toHaveLength(1);
      const stored = await use.store.get(keyOf("one"));
      for (const result of results) {
        if (result.status === "exists") expect(result.current.uid).toBe(stored?.uid);
      }
    });

    it("number 10,000 concurrent creates, updates and deletes of three writers on two replicas, each once and in one order", {
      timeout: 120_000,
    }, async () => {
      const other = await use.open();
      const writers = [use.store, use.store, other];
      const start = await use.store.currentRevision();
      const listeners = [use.store, other].map((store) => {
        const listener = new Listener();
        store.subscribe(start, listener.onBatch, listener.onEnd);
        return listener;
      });
      // One key in ten is wanted by all three: two of them must be refused, and harm no neighbour.
      const creates = Array.from({ length: 5_000 }, (_, i) => {
        const name = i % 10 < 3 ? `shared-${Math.floor(i / 10)}` : `own-${i}`;
        return createOf(keyOf(name), { uid: `uid-${i}`, requestId: `many-${i}` });
      });
      const send = (writes: readonly Write[]) =>
        Promise.all(writes.map((write, i) => (writers[i % 3] ?? use.store).write(write)));
      const made = await send(creates);
      const madeAt = new Map<bigint, ObjectKey>();
      for (const [i, result] of made.entries()) {
        if (result.status === "committed")
          madeAt.set(result.revision, creates[i]?.key ?? keyOf(""));
        else expect(result.status).toBe("exists");
      }
      expect(madeAt.size).toBe(4_000);
      // Half of the objects are changed by one writer and deleted by another at the same time: one of the two wins.
      const changes = [...madeAt]
        .slice(0, 2_500)
        .flatMap(([revision, key], i): Write[] => [
          updateOf(key, revision, { requestId: `change-${i}` }),
          deleteOf(key, revision, { requestId: `delete-${i}` }),
        ]);
      const changed = await send(changes);
      const winners = new Map<bigint, string>();
      for (const [i, result] of changed.entries()) {
        const { op, key } = changes[i] ?? creates[0] ?? { op: "none", key: keyOf("") };
        if (result.status === "committed") winners.set(result.revision, `${op} ${key.name}`);
        else expect(["conflict", "notFound"]).toContain(result.status);
      }
      expect(winners.size).toBe(2_500);
      const end = start + 6_500n;
      expect(await other.currentRevision()).toBe(end);
      for (const listener of listeners) {
        await listener.reached(end);
        expect(listener.revisions).toEqual(range(start + 1n, end));
        for (const { revision, key, type } of listener.entries) {
          const told = madeAt.has(revision)
            ? `create ${madeAt.get(revision)?.name}`
            : winners.get(revision);
          expect(`${type} ${key.name}`).toBe(told);
        }
      }
    });

    it("keep delivering, reading and numbering through compaction under load", async () => {
      const other = await use.open();
      const start = await use.store.currentRevision();
      const listeners = [use.store, other].map((store) => {
        const listener = new Listener();
        store.subscribe(start, listener.onBatch, listener.onEnd);
        return listener;
      });
      const end = start + BigInt(12 * (1 + 40 + 4));
      let isOver = false;
      const compacting = (async () => {
        while (!isOver) {
          // What somebody has not seen yet is kept: compaction ends whoever is behind it.
          let revision = end;
          for (const { last } of listeners) if (last < revision) revision = last;
          if (revision > start) await other.compact(revision);
          const page = await use.store.list({ group: "", resource: "pods" });
          expect(page.revision).toBeGreaterThanOrEqual(revision);
        }
      })();
      const ends = await Promise.all(
        Array.from({ length: 12 }, async (_, w) => {
          const store = w % 2 === 0 ? use.store : other;
          const key = keyOf(`w${w}`);
          let revision = committed(await store.write(createOf(key)));
          for (let i = 0; i < 40; i++) {
            revision = committed(await store.write(updateOf(key, revision)));
            if (i % 20 !== 19) continue;
            committed(await store.write(deleteOf(key, revision)));
            revision = committed(await store.write(createOf(key)));
          }
          return { key, revision };
        }),
      );
      isOver = true;
      await compacting;
      for (const listener of listeners) {
        await listener.reached(end);
        expect(listener.revisions).toEqual(range(start + 1n, end));
        expect(listener.ended).toBeUndefined();
      }
      for (const { key, revision } of ends) {
        expect((await other.get(key))?.revision).toBe(revision);
      }
    });
    it("keep delivering through compaction under load", async () => {
      const other = await use.open();
      const start = await use.store.currentRevision();
      const listener = new Listener();
      other.subscribe(start, listener.onBatch, listener.onEnd);
      let revision = committed(await use.store.write(createOf(keyOf("a"))));
      for (let i = 0; i < 30; i++) {
        revision = committed(await use.store.write(updateOf(keyOf("a"), revision)));
        await listener.reached(revision);
        if (i % 10 === 9) await use.store.compact(revision);
      }
      expect(listener.revisions).toEqual(range(start + 1n, revision));
      expect(listener.ended).toBeUndefined();
    });
  });
}
