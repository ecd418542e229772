import type { Freshness, WatchHandle, WatchRequest, WatchSink } from "@kubets/watch-cache";
import { storageFailure } from "../generic/commit.ts";
import { served } from "../generic/current-object.ts";
import type { StoreContext } from "../generic/store-context.ts";
import type { ReadOptions, RequestScope } from "../store.ts";
import { checkWatchOptions, parseResourceVersion } from "./list-options.ts";
import { selectionOf } from "./selection.ts";

export async function watchObjects(
  store: StoreContext,
  scope: RequestScope,
  options: ReadOptions,
  sink: WatchSink,
): Promise<WatchHandle> {
  checkWatchOptions(options);
  const bookmarks = options.allowWatchBookmarks ?? false;
  const request: WatchRequest = {
    selection: selectionOf(store, scope, options),
    from: await startOf(store, options),
    bookmarks,
    initialEventsEnd: bookmarks && options.sendInitialEvents === true,
  };
  return store.cache.watch(
    request,
    store.conversion === undefined ? sink : converting(store, sink),
  );
}

/**
 * Without a version, or with 0, a watch begins with the present objects; with one, behind it. A client
 * can ask for the other way with sendInitialEvents.
 */
async function startOf(store: StoreContext, options: ReadOptions): Promise<WatchRequest["from"]> {
  const { resourceVersion = "", sendInitialEvents } = options;
  const revision = resourceVersion === "" ? undefined : parseResourceVersion(resourceVersion);
  if (sendInitialEvents === true) return { current: freshnessOf(revision) };
  if (revision !== undefined && revision > 0n) return { after: revision };
  if (sendInitialEvents === undefined) return { current: freshnessOf(revision) };
  return { after: revision === 0n ? store.watchCache.revision : await newestRevision(store) };
}

function freshnessOf(revision: bigint | undefined): Freshness {
  if (revision === undefined) return "mostRecent";
  return revision === 0n ? "any" : { notOlderThan: revision };
}

async function newestRevision(store: StoreContext): Promise<bigint> {
  try {
    return await store.storage.currentRevision();
  } catch (error) {
    throw storageFailure(error);
  }
}

/** Shows the receiver each object in the version it asked for. */
function converting(store: StoreContext, sink: WatchSink): WatchSink {
  return {
    deliver: (events) =>
      sink.deliver(
        events.map((event) =>
          event.entry === undefined ? event : { ...event, entry: served(store, event.entry) },
        ),
      ),
    end: () => sink.end(),
  };
}
