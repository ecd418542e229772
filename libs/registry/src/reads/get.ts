import { notFound } from "@kubets/api";
import type { Entry, Freshness } from "@kubets/watch-cache";
import { served } from "../generic/current-object.ts";
import { namespaceOf } from "../generic/object-key.ts";
import type { StoreContext } from "../generic/store-context.ts";
import type { RequestScope } from "../store.ts";
import { parseResourceVersion } from "./list-options.ts";

export async function getObject(
  store: StoreContext,
  scope: RequestScope,
  name: string,
  resourceVersion = "",
): Promise<Entry> {
  const freshness = freshnessOf(resourceVersion);
  const entry = await store.cache.get(namespaceOf(store, scope), name, freshness);
  if (entry === undefined) throw notFound(store.info, name);
  return served(store, entry);
}

function freshnessOf(resourceVersion: string): Freshness {
  if (resourceVersion === "") return "mostRecent";
  const revision = parseResourceVersion(resourceVersion);
  return revision === 0n ? "any" : { notOlderThan: revision };
}
