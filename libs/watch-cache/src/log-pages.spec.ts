import { createMemoryStorage, type LogEntry, type Storage, StorageError } from "@kubets/storage";
import { beforeEach, describe, expect, it } from "vitest";
import { LogPages } from "./log-pages.ts";
import { PodWriter } from "./testing/pods.ts";

const written = 2_500;

describe("pages of the log", () => {
  let readLog: Storage["readLog"];
  let compact: Storage["compact"];
  let writer: PodWriter;
  let asked: bigint[];
  let pages: LogPages;

  beforeEach(async () => {
    const storage = createMemoryStorage();
    writer = new PodWriter(storage);
    for (let i = 0; i < written; i++) await writer.create(`p${i}`);
    readLog = storage.readLog.bind(storage);
    compact = storage.compact.bind(storage);
    asked = [];
    storage.readLog = (after, limit) => {
      asked.push(after);
      return readLog(after, limit);
    };
    pages = new LogPages(storage);
  });

  /** To the end, as a ring's history is read. */
  async function readFrom(after: bigint): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for (let at = after; ; ) {
      const page = await pages.read(at);
      entries.push(...page);
      const last = page.at(-1);
      if (last === undefined) return entries;
      at = last.revision;
    }
  }

  it("are read once for all who read at the same time, wherever they begin", async () => {
    const begins = [7n, 500n, 999n, 1_001n, 1_700n, 2_400n];
    await pages.during(async () => {
      const all = await Promise.all(begins.map((after) => pages.during(() => readFrom(after))));
      for (const [i, entries] of all.entries()) {
        expect(entries).toEqual(await readLog(begins[i] ?? 0n, written));
      }
    });
    // Each begins with a page of its own; the whole ones behind it are shared.
    expect(asked.filter((after) => after === 1_000n)).toHaveLength(1);
    expect(asked.filter((after) => after === 2_000n).length).toBeLessThan(begins.length);
  });

  it("that were not full show what was written since", async () => {
    await pages.during(async () => {
      expect((await readFrom(2_000n)).length).toBe(500);
      const revision = await writer.create("late");
      expect((await readFrom(2_000n)).at(-1)?.revision).toBe(revision);
    });
  });

  it("are forgotten when nobody reads any more", async () => {
    await pages.during(async () => {
      await readFrom(1_000n);
      await compact(1_500n);
      expect(await pages.read(1_000n)).toHaveLength(1_000);
    });
    await expect(pages.read(1_000n)).rejects.toMatchObject({ code: "compacted" });
  });
});

describe("pages of a log that cannot be read", () => {
  it("are asked for again", async () => {
    const storage = createMemoryStorage();
    await new PodWriter(storage).create("a");
    const readLog = storage.readLog.bind(storage);
    let isAway = true;
    storage.readLog = (after, limit) => {
      if (isAway) return Promise.reject(new StorageError("unavailable", "the store is away"));
      return readLog(after, limit);
    };
    const pages = new LogPages(storage);
    await pages.during(async () => {
      await expect(pages.read(0n)).rejects.toMatchObject({ code: "unavailable" });
      isAway = false;
      expect(await pages.read(0n)).toHaveLength(1);
    });
  });
});
