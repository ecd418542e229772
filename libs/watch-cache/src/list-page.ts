import type { Revision } from "@kubets/storage";
import type { CacheEntry } from "./cache-entry.ts";
import type { ListResult } from "./types.ts";

/** Takes one page from entries in order. */
export function listPage(options: {
  readonly entries: Iterable<CacheEntry>;
  readonly passes: ((entry: CacheEntry) => boolean) | null;
  readonly limit: number | undefined;
  readonly revision: Revision;
}): ListResult {
  const { passes, limit, revision } = options;
  const entries: CacheEntry[] = [];
  for (const entry of options.entries) {
    const last = entries.at(-1);
    // Whatever comes next, chosen or not, there is more to look at.
    if (limit !== undefined && entries.length >= limit && last !== undefined) {
      const { namespace, name } = last.key;
      return { revision, entries, next: { namespace, name } };
    }
    if (passes === null || passes(entry)) entries.push(entry);
  }
  return { revision, entries };
}
