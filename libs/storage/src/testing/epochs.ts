import { describe, expect, it } from "vitest";
import { committed, createOf, keyOf, Listener, type MakeFixture, updateOf } from "./fixture.ts";
import { useStore } from "./use-store.ts";

const pods = { group: "", resource: "pods" };

/** What a restore brings about. */
export function epochSuite(make: MakeFixture): void {
  describe("a new epoch", () => {
    const use = useStore(make);

    it("numbers on far beyond what anybody has seen, on every instance", async () => {
      const other = await use.open();
      const before = committed(await use.store.write(createOf(keyOf("a"))));
      const raised = await use.raiseEpoch();
      expect(raised).toBeGreaterThanOrEqual(before + 1_000_000_000n);
      expect(committed(await other.write(createOf(keyOf("b"))))).toBe(raised + 1n);
      expect(committed(await use.store.write(updateOf(keyOf("a"), before)))).toBe(raised + 2n);
      expect(await other.currentRevision()).toBe(raised + 2n);
    });

    it("keeps what is there, and says that the history before is gone", async () => {
      const before = committed(await use.store.write(createOf(keyOf("a"))));
      const listener = new Listener();
      use.store.subscribe(before, listener.onBatch, listener.onEnd);
      const raised = await use.raiseEpoch();
      const b = committed(await use.store.write(createOf(keyOf("b"))));
      await listener.end();
      expect(listener.ended).toMatchObject({ code: "compacted" });
      const gone = { code: "compacted" };
      await expect(use.store.readLog(before, 10)).rejects.toMatchObject(gone);
      await expect(use.store.list(pods, { atRevision: before })).rejects.toMatchObject(gone);
      const { objects } = await use.store.list(pods);
      expect(objects.map(({ key, revision }) => [key.name, revision])).toEqual([
        ["a", before],
        ["b", b],
      ]);
      expect(await use.store.compactedRevision()).toBe(raised);
      expect((await use.store.readLog(raised, 10)).map(({ revision }) => revision)).toEqual([b]);
    });
  });
}
