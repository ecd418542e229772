/** The object a write starts from: first as the cache has it, then, when that will not do, as it is stored. */
import { isStorableKey } from "@kubets/storage";
import type { Entry } from "@kubets/watch-cache";
import { ConvertedEntry } from "../conversion/converted-entry.ts";
import type { RequestScope } from "../store.ts";
import { storageFailure } from "./commit.ts";
import { keyOf, namespaceOf } from "./object-key.ts";
import type { StoreContext } from "./store-context.ts";
import { entryOfStored } from "./written-entry.ts";

export interface CurrentObject {
  /** In the served version; undefined: there is none. */
  readonly entry: Entry | undefined;
  /** False while it may be older than what is stored. */
  readonly certain: boolean;
}

/** The cached object where there is one: it is nearly always the newest, and the commit checks it. */
export async function suggestCurrent(
  store: StoreContext,
  scope: RequestScope,
  name: string,
): Promise<CurrentObject> {
  const cached = store.cache.peek(namespaceOf(store, scope), name);
  if (cached !== undefined) return { entry: served(store, cached), certain: false };
  return loadCurrent(store, scope, name);
}

export async function loadCurrent(
  store: StoreContext,
  scope: RequestScope,
  name: string,
): Promise<CurrentObject> {
  const key = keyOf(store, scope, name);
  if (!isStorableKey(key)) return { entry: undefined, certain: true };
  try {
    const stored = await store.storage.get(key);
    const entry = stored === undefined ? undefined : served(store, entryOfStored(stored));
    return { entry, certain: true };
  } catch (error) {
    throw storageFailure(error);
  }
}

/** An entry in the version of this store. */
export function served(store: StoreContext, entry: Entry): Entry {
  return store.conversion === undefined ? entry : ConvertedEntry.of(entry, store);
}
