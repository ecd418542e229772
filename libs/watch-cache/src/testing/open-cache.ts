import { FakeClock } from "@kubets/service";
import { createMemoryStorage, MemoryHistory, type Storage } from "@kubets/storage";
import type { ResourceCache, WatchCache, WatchRequest } from "../types.ts";
import { createWatchCache, type WatchCacheOptions } from "../watch-cache.ts";
import { PodWriter, podsOf } from "./pods.ts";
import { RecordingSink } from "./recording-sink.ts";

export interface OpenCache {
  readonly clock: FakeClock;
  readonly history: MemoryHistory;
  readonly storage: Storage;
  readonly writer: PodWriter;
  readonly cache: WatchCache;
  readonly pods: ResourceCache;
  watch(request?: Partial<WatchRequest>): Promise<RecordingSink>;
}

/** A started cache over the store's model; `before` writes first. */
export async function openCache(
  options: Partial<WatchCacheOptions> & {
    readonly before?: (writer: PodWriter) => Promise<void>;
  } = {},
): Promise<OpenCache> {
  const { before, ...more } = options;
  const clock = new FakeClock();
  const history = new MemoryHistory();
  const storage = options.storage ?? createMemoryStorage({ history });
  const writer = new PodWriter(storage);
  await before?.(writer);
  const cache = createWatchCache({ ...more, storage, clock });
  await cache.start(new AbortController().signal);
  const pods = cache.resource(podsOf);
  return {
    clock,
    history,
    storage,
    writer,
    cache,
    pods,
    async watch(request = {}) {
      const sink = new RecordingSink();
      sink.handle = await pods.watch(
        {
          selection: {},
          from: { current: "any" },
          bookmarks: false,
          initialEventsEnd: false,
          ...request,
        },
        sink,
      );
      return sink;
    },
  };
}
