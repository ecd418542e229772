import { describe, expect, it } from "vitest";
import { fenceSuite } from "./fences.ts";
import {
  bytesOf,
  committed,
  createOf,
  deleteOf,
  inTheWay,
  keyOf,
  type MakeFixture,
  range,
  updateOf,
} from "./fixture.ts";
import { useStore } from "./use-store.ts";

export function writeSuite(make: MakeFixture): void {
  describe("writes", () => {
    const use = useStore(make);

    it("numbers the first write and stores the object under that revision", async () => {
      const before = await use.store.currentRevision();
      const revision = committed(await use.store.write(createOf(keyOf("a"))));
      expect(revision).toBe(before + 1n);
      expect(await use.store.get(keyOf("a"))).toEqual({
        key: keyOf("a"),
        uid: "uid-a",
        revision,
        bytes: bytesOf({ name: "a" }),
      });
      expect(await use.store.currentRevision()).toBe(revision);
    });

    it("keeps bytes exactly, escaped NUL, large integers and multi-byte text included", async () => {
      const bytes = Buffer.from('{"n":9007199254740993,"z":"\\u0000","ü":"\u{1f680}"}');
      await use.store.write(createOf(keyOf("a"), { bytes }));
      expect((await use.store.get(keyOf("a")))?.bytes.equals(bytes)).toBe(true);
    });

    it("refuses a second create and shows the object that exists", async () => {
      const first = committed(await use.store.write(createOf(keyOf("a"))));
      const second = await use.store.write(createOf(keyOf("a"), { uid: "other" }));
      expect(second.status).toBe("exists");
      expect(inTheWay(second)).toMatchObject({ revision: first, uid: "uid-a" });
      expect(await use.store.currentRevision()).toBe(first);
    });

    it("refuses an update from a stale revision and shows the newer object", async () => {
      const first = committed(await use.store.write(createOf(keyOf("a"))));
      const second = committed(await use.store.write(updateOf(keyOf("a"), first)));
      const stale = await use.store.write(updateOf(keyOf("a"), first));
      expect(stale.status).toBe("conflict");
      expect(inTheWay(stale)).toMatchObject({ revision: second });
      expect(inTheWay(stale).bytes).toEqual(bytesOf({ name: "a", from: String(first) }));
    });

    it("answers notFound for updates and deletes of what is not there", async () => {
      expect(await use.store.write(updateOf(keyOf("a"), 1n))).toEqual({ status: "notFound" });
      expect(await use.store.write(deleteOf(keyOf("a"), 1n))).toEqual({ status: "notFound" });
    });

    it("deletes only the revision it expects, and a key can be created again", async () => {
      const first = committed(await use.store.write(createOf(keyOf("a"))));
      expect((await use.store.write(deleteOf(keyOf("a"), first - 1n))).status).toBe("conflict");
      const gone = committed(await use.store.write(deleteOf(keyOf("a"), first)));
      expect(gone).toBe(first + 1n);
      expect(await use.store.get(keyOf("a"))).toBeUndefined();
      const again = committed(await use.store.write(createOf(keyOf("a"), { uid: "second" })));
      expect(again).toBe(gone + 1n);
      const [, , entry] = await use.store.readLog(first - 1n, 10);
      expect(entry).toMatchObject({ type: "create", uid: "second" });
      expect(entry).not.toHaveProperty("previousRevision");
    });

    it("gives a repeated request its first outcome and writes nothing", async () => {
      const create = createOf(keyOf("a"));
      const first = committed(await use.store.write(create));
      expect(committed(await use.store.write(create))).toBe(first);
      const update = updateOf(keyOf("a"), first);
      const second = committed(await use.store.write(update));
      expect(committed(await use.store.write(update))).toBe(second);
      const remove = deleteOf(keyOf("a"), second);
      const third = committed(await use.store.write(remove));
      expect(committed(await use.store.write(remove))).toBe(third);
      // The create of before, not a new one, although the key is free.
      expect(committed(await use.store.write(create))).toBe(first);
      expect(await use.store.currentRevision()).toBe(third);
      expect(await use.store.get(keyOf("a"))).toBeUndefined();
    });

    it("commits a request once even when it is sent twice at the same time", async () => {
      const create = createOf(keyOf("a"));
      const results = await Promise.all([use.store.write(create), use.store.write(create)]);
      const [first, second] = results.map(committed);
      expect(first).toBe(second);
      expect(await use.store.currentRevision()).toBe(first);
    });

    it("lets a failed item fail alone among good neighbours", async () => {
      const start = committed(await use.store.write(createOf(keyOf("taken"))));
      const results = await Promise.all([
        use.store.write(createOf(keyOf("a"))),
        use.store.write(createOf(keyOf("taken"))),
        use.store.write(createOf(keyOf("b"))),
        use.store.write(updateOf(keyOf("missing"), 1n)),
        use.store.write(createOf(keyOf("c"))),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        "committed",
        "exists",
        "committed",
        "notFound",
        "committed",
      ]);
      const revisions = [results[0], results[2], results[4]].flatMap((result) =>
        result === undefined ? [] : [committed(result)],
      );
      expect(revisions.sort()).toEqual(range(start + 1n, start + 3n));
    });

    it("applies several writes to one key in the order they were made", async () => {
      // The first write goes out alone; the rest wait for it and then go together.
      const start = await use.store.currentRevision();
      const results = await Promise.all([
        use.store.write(createOf(keyOf("first"))),
        use.store.write(createOf(keyOf("a"))),
        use.store.write(updateOf(keyOf("a"), start + 2n)),
        use.store.write(updateOf(keyOf("a"), start + 2n)),
        use.store.write(deleteOf(keyOf("a"), start + 3n)),
        use.store.write(createOf(keyOf("a"), { uid: "second" })),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        "committed",
        "committed",
        "committed",
        "conflict",
        "committed",
        "committed",
      ]);
      const refused = results[3];
      if (refused === undefined) throw new Error("six results");
      expect(inTheWay(refused)).toMatchObject({ revision: start + 3n });
      expect(inTheWay(refused).bytes).toEqual(bytesOf({ name: "a", from: String(start + 2n) }));
      expect(await use.store.get(keyOf("a"))).toMatchObject({
        revision: start + 5n,
        uid: "second",
      });
      const log = await use.store.readLog(start + 1n, 10);
      expect(log.map(({ type, uid, previousRevision }) => [type, uid, previousRevision])).toEqual([
        ["create", "uid-a", undefined],
        ["update", "uid-a", start + 2n],
        ["delete", "uid-a", start + 3n],
        ["create", "second", undefined],
      ]);
    });

    it("replaces what was there before, and keeps nothing of what came and went, in writes made together", async () => {
      const start = committed(await use.store.write(createOf(keyOf("old"))));
      const results = await Promise.all([
        use.store.write(deleteOf(keyOf("old"), start)),
        use.store.write(createOf(keyOf("old"), { uid: "second" })),
        use.store.write(createOf(keyOf("brief"))),
        use.store.write(deleteOf(keyOf("brief"), start + 3n)),
        use.store.write(createOf(keyOf("new"))),
        use.store.write(updateOf(keyOf("new"), start + 5n)),
      ]);
      expect(results.map(committed)).toEqual(range(start + 1n, start + 6n));
      expect(await use.store.get(keyOf("old"))).toMatchObject({
        uid: "second",
        revision: start + 2n,
      });
      expect(await use.store.get(keyOf("brief"))).toBeUndefined();
      expect(await use.store.get(keyOf("new"))).toMatchObject({
        revision: start + 6n,
        bytes: bytesOf({ name: "new", from: String(start + 5n) }),
      });
    });

    it("keeps resources, groups and namespaces with like names apart", async () => {
      const keys = [
        keyOf("a", "x"),
        keyOf("a", "y"),
        keyOf("a", "x", "services"),
        { group: "apps", resource: "pods", namespace: "x", name: "a" },
        keyOf("x/a", ""),
      ];
      for (const key of keys) committed(await use.store.write(createOf(key)));
      for (const key of keys) expect((await use.store.get(key))?.key).toEqual(key);
    });

    it("takes an object of 1.5 MiB and refuses a larger one without harming its neighbours", async () => {
      const bytes = Buffer.alloc(1.5 * 1024 * 1024, "x");
      committed(await use.store.write(createOf(keyOf("large"), { bytes })));
      expect((await use.store.get(keyOf("large")))?.bytes.equals(bytes)).toBe(true);
      const tooLarge = use.store.write(
        createOf(keyOf("larger"), { bytes: Buffer.concat([bytes, Buffer.from("x")]) }),
      );
      const neighbour = use.store.write(createOf(keyOf("a")));
      await expect(tooLarge).rejects.toMatchObject({ code: "tooLarge" });
      expect((await neighbour).status).toBe("committed");
    });

    it("refuses keys that no store can hold before they reach it", async () => {
      await expect(use.store.write(createOf(keyOf("a\0b")))).rejects.toThrow(TypeError);
      await expect(use.store.write(createOf(keyOf("\ud800")))).rejects.toThrow(TypeError);
      await expect(use.store.write(createOf(keyOf("n".repeat(2_000))))).rejects.toMatchObject({
        code: "tooLarge",
      });
      expect(await use.store.get(keyOf("a\0b"))).toBeUndefined();
    });

    fenceSuite(use);

    it("answers unavailable after it is closed", async () => {
      const other = await use.open();
      await other.close();
      await expect(other.write(createOf(keyOf("a")))).rejects.toMatchObject({
        code: "unavailable",
      });
    });
  });
}
