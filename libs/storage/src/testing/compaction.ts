import { describe, expect, it } from "vitest";
import type { LogBatch, Revision } from "../storage.ts";
import {
  committed,
  createOf,
  deleteOf,
  keyOf,
  Listener,
  type MakeFixture,
  updateOf,
} from "./fixture.ts";
import { useStore } from "./use-store.ts";

/** Names and revisions of what there is at a revision, by the log alone. */
function stateAt(log: LogBatch, revision: Revision): (readonly [string, Revision])[] {
  const state = new Map<string, Revision>();
  for (const entry of log) {
    if (entry.revision > revision) break;
    if (entry.type === "delete") state.delete(entry.key.name);
    else state.set(entry.key.name, entry.revision);
  }
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function compactionSuite(make: MakeFixture): void {
  describe("a compaction", () => {
    const use = useStore(make);
    const pods = { group: "", resource: "pods" };

    /** Batches of creates, of changes and of deletions among others, as they come together in one commit. */
    async function writeBatches(): Promise<void> {
      const names = ["a", "b", "c", "d", "e", "f"];
      for (let round = 0; round < 3; round++) {
        const made = await Promise.all(
          names.map((name) => use.store.write(createOf(keyOf(`${name}${round % 2}`)))),
        );
        const revisions = made.map(committed);
        await Promise.all(
          names.map((name, i) => {
            const key = keyOf(`${name}${round % 2}`);
            const revision = revisions[i] ?? 0n;
            return use.store.write(i % 2 ? deleteOf(key, revision) : updateOf(key, revision));
          }),
        );
        // So that the next round but one may create them again.
        for (const { key, revision } of (await use.store.list(pods)).objects) {
          if (round !== 1) committed(await use.store.write(deleteOf(key, revision)));
        }
      }
    }

    it("keeps the mark and all above it whole, and says that the rest is gone, wherever the mark falls", async () => {
      await writeBatches();
      const log = await use.store.readLog(0n, 1_000);
      const newest = log.at(-1)?.revision ?? 0n;
      expect(log.length).toBeGreaterThan(40);
      const gone = { code: "compacted" };
      for (const { revision: mark } of log) {
        await use.store.compact(mark);
        await expect(use.store.list(pods, { atRevision: mark - 1n })).rejects.toMatchObject(gone);
        await expect(use.store.readLog(mark - 1n, 1)).rejects.toMatchObject(gone);
        const below = new Listener();
        use.store.subscribe(mark - 1n, below.onBatch, below.onEnd);
        await below.end();
        expect([mark, below.ended?.code, below.entries]).toEqual([mark, "compacted", []]);
        const rest = log.filter(({ revision }) => revision > mark);
        expect([mark, await use.store.readLog(mark, 1_000)]).toEqual([mark, rest]);
        const at = new Listener();
        const subscription = use.store.subscribe(mark, at.onBatch, at.onEnd);
        if (mark < newest) await at.reached(newest);
        await subscription.close();
        expect([mark, at.revisions]).toEqual([mark, rest.map(({ revision }) => revision)]);
        const then = await use.store.list(pods, { atRevision: mark });
        expect([mark, then.objects.map(({ key, revision }) => [key.name, revision])]).toEqual([
          mark,
          stateAt(log, mark),
        ]);
      }
    }, 60_000);
  });
}
