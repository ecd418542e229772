import type { Revision, Storage, StoredObject } from "@kubets/storage";
import type { CacheEntry } from "./cache-entry.ts";
import type { ListRequest, ListResult, Selection } from "./types.ts";

const pageObjects = 500;

/** A page of a state that the cache has forgotten, from the history in the store. */
export async function listFromStore(options: {
  readonly storage: Storage;
  readonly of: { readonly group: string; readonly resource: string };
  readonly selection: Selection;
  readonly passes: ((entry: CacheEntry) => boolean) | null;
  readonly limit: number | undefined;
  readonly after: ListRequest["after"];
  readonly revision: Revision;
  readonly entryOf: (object: StoredObject) => CacheEntry;
}): Promise<ListResult> {
  const { storage, of, selection, passes, limit, revision, entryOf } = options;
  const { namespace, name } = selection;
  const scope = { ...of, ...(namespace === undefined ? {} : { namespace }) };
  const entries: CacheEntry[] = [];
  let { after } = options;
  for (;;) {
    const page = await storage.list(scope, {
      atRevision: revision,
      limit: pageObjects,
      ...(after === undefined ? {} : { after }),
    });
    for (const object of page.objects) {
      const last = entries.at(-1);
      if (limit !== undefined && entries.length >= limit && last !== undefined) {
        return { revision, entries, next: { namespace: last.key.namespace, name: last.key.name } };
      }
      if (name !== undefined && object.key.name !== name) continue;
      const entry = entryOf(object);
      if (passes === null || passes(entry)) entries.push(entry);
    }
    const { key } = page.objects.at(-1) ?? {};
    if (!page.hasMore || key === undefined) return { revision, entries };
    if (limit !== undefined && entries.length >= limit) {
      const last = entries.at(-1)?.key ?? key;
      return { revision, entries, next: { namespace: last.namespace, name: last.name } };
    }
    after = { namespace: key.namespace, name: key.name };
  }
}
