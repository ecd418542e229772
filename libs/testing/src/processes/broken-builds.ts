import type { LogBatch, Storage, StorageError, Subscription } from "@kubets/storage";
import type { WatchedEvent } from "../history/history.ts";
import type { Control } from "./store-protocol.ts";

export interface BrokenBuild {
  storage(storage: Storage): Storage;
  bookmark(bookmark: WatchedEvent & { type: "BOOKMARK" }, newest: bigint): WatchedEvent | undefined;
}

/** Builds that break one promise each; "none" breaks nothing. */
export function brokenBuild(control: Control): BrokenBuild {
  return {
    storage: (storage) => (control === "dropsHints" ? droppingStorage(storage) : storage),
    bookmark: (bookmark) =>
      control === "bookmarksTooEarly"
        ? { ...bookmark, revision: bookmark.revision + 3n }
        : bookmark,
  };
}

/** Loses a foreign batch now and then and never reads the log for it: what follows is taken as if nothing were missing. */
function droppingStorage(storage: Storage): Storage {
  let batches = 0;
  const subscribe = (
    after: bigint,
    onBatch: (batch: LogBatch) => void,
    onEnd?: (error: StorageError) => void,
  ): Subscription =>
    storage.subscribe(
      after,
      (batch) => {
        batches += 1;
        if (batches % 20 !== 0) onBatch(batch);
      },
      onEnd,
    );
  return new Proxy(storage, {
    get: (target, property) => {
      if (property === "subscribe") return subscribe;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
