export type { Indexer } from "./secondary-index.ts";
export type {
  Entry,
  Freshness,
  ListRequest,
  ListResult,
  ResourceCache,
  ResourceStats,
  Selection,
  WatchCache,
  WatchEvent,
  WatchEventType,
  WatchHandle,
  WatchRequest,
  WatchSink,
} from "./types.ts";
export { createWatchCache, type ResourceIndexers, type WatchCacheOptions } from "./watch-cache.ts";
