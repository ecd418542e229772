export type {
  Entry,
  Freshness,
  ListRequest,
  ListResult,
  ResourceCache,
  Selection,
  WatchCache,
  WatchEvent,
  WatchEventType,
  WatchHandle,
  WatchRequest,
  WatchSink,
} from "./types.ts";
