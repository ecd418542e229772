import { describe, expect, it } from "vitest";
import {
  bytesOf,
  committed,
  createOf,
  deleteOf,
  keyOf,
  Listener,
  type MakeFixture,
  range,
  updateOf,
} from "./fixture.ts";
import { useStore } from "./use-store.ts";

export function watchSuite(make: MakeFixture): void {
  describe("the log", () => {
    const use = useStore(make);

    it("tells every write once, in order, with what it replaced", async () => {
      const start = await use.store.currentRevision();
      const a = committed(await use.store.write(createOf(keyOf("a"))));
      const a2 = committed(await use.store.write(updateOf(keyOf("a"), a)));
      const a3 = committed(await use.store.write(deleteOf(keyOf("a"), a2)));
      expect(await use.store.readLog(start, 10)).toEqual([
        {
          revision: a,
          type: "create",
          key: keyOf("a"),
          uid: "uid-a",
          bytes: bytesOf({ name: "a" }),
        },
        {
          revision: a2,
          type: "update",
          key: keyOf("a"),
          uid: "uid-a",
          bytes: bytesOf({ name: "a", from: String(a) }),
          previousRevision: a,
        },
        {
          revision: a3,
          type: "delete",
          key: keyOf("a"),
          uid: "uid-a",
          bytes: bytesOf({ name: "a", last: true }),
          previousRevision: a2,
        },
      ]);
    });

    it("is read in pieces behind a revision", async () => {
      const start = await use.store.currentRevision();
      for (let i = 0; i < 7; i++) await use.store.write(createOf(keyOf(`p${i}`)));
      const first = await use.store.readLog(start, 3);
      expect(first.map((entry) => entry.revision)).toEqual(range(start + 1n, start + 3n));
      const rest = await use.store.readLog(start + 3n, 100);
      expect(rest.map((entry) => entry.revision)).toEqual(range(start + 4n, start + 7n));
      expect(await use.store.readLog(start + 7n, 100)).toEqual([]);
    });

    it("is delivered from any revision on, without a gap between the past and the present", async () => {
      const start = await use.store.currentRevision();
      for (let i = 0; i < 20; i++) await use.store.write(createOf(keyOf(`p${i}`)));
      const listeners: Listener[] = [];
      const writes: Promise<unknown>[] = [];
      for (let i = 0; i < 20; i++) {
        const listener = new Listener();
        listeners.push(listener);
        use.store.subscribe(start + BigInt(i), listener.onBatch, listener.onEnd);
        writes.push(use.store.write(createOf(keyOf(`q${i}`))));
      }
      await Promise.all(writes);
      for (const [i, listener] of listeners.entries()) {
        await listener.reached(start + 40n);
        expect(listener.revisions).toEqual(range(start + BigInt(i) + 1n, start + 40n));
        expect(listener.ended).toBeUndefined();
      }
    });

    it("is delivered to the writer before the write resolves, with its decoded form", async () => {
      const listener = new Listener();
      const start = await use.store.currentRevision();
      use.store.subscribe(start, listener.onBatch);
      const decoded = { kind: "Pod" };
      const revision = committed(await use.store.write(createOf(keyOf("a"), { decoded })));
      expect(listener.revisions).toEqual([revision]);
      expect(listener.entries[0]?.decoded).toBe(decoded);
      expect((await use.store.readLog(start, 1))[0]?.bytes).toEqual(bytesOf({ name: "a" }));
    });

    it("reaches other instances, which see no decoded form", async () => {
      const other = await use.open();
      const listener = new Listener();
      other.subscribe(await other.currentRevision(), listener.onBatch);
      const revision = committed(
        await use.store.write(createOf(keyOf("a"), { decoded: { kind: "Pod" } })),
      );
      await listener.reached(revision);
      expect(listener.revisions).toEqual([revision]);
      expect(listener.entries[0]).not.toHaveProperty("decoded");
    });

    it("is not delivered any more after the subscription is closed", async () => {
      const listener = new Listener();
      const subscription = use.store.subscribe(await use.store.currentRevision(), listener.onBatch);
      const first = committed(await use.store.write(createOf(keyOf("a"))));
      await listener.reached(first);
      await subscription.close();
      committed(await use.store.write(createOf(keyOf("b"))));
      expect(listener.revisions).toEqual([first]);
    });

    it("ends a subscription whose history is gone instead of skipping it", async () => {
      const start = await use.store.currentRevision();
      const a = committed(await use.store.write(createOf(keyOf("a"))));
      const a2 = committed(await use.store.write(updateOf(keyOf("a"), a)));
      await use.store.compact(a2);
      const late = new Listener();
      use.store.subscribe(start, late.onBatch, late.onEnd);
      await late.end();
      expect(late.ended).toMatchObject({ code: "compacted" });
      expect(late.entries).toEqual([]);
      const inTime = new Listener();
      use.store.subscribe(a2, inTime.onBatch, inTime.onEnd);
      const b = committed(await use.store.write(createOf(keyOf("b"))));
      await inTime.reached(b);
      expect(inTime.revisions).toEqual([b]);
    });
  });
}
