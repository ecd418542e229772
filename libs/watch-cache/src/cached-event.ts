import type { Revision } from "@kubets/storage";
import type { CacheEntry } from "./cache-entry.ts";
import type { WatchEvent } from "./types.ts";

/**
 * One change as the ring keeps it and as all watchers without a selector receive it: the event itself is
 * what is shared. The two views for selectors are made once, when the first watcher needs them.
 */
export class CachedEvent implements WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: Revision;
  readonly entry: CacheEntry;
  /** The state before; absent for a new object. */
  readonly previous: CacheEntry | undefined;
  /** Bytes this event stands for, as counted when it was made. */
  readonly size: number;
  #entered: WatchEvent | undefined;
  #left: WatchEvent | undefined;

  constructor(
    type: "ADDED" | "MODIFIED" | "DELETED",
    entry: CacheEntry,
    previous: CacheEntry | undefined,
  ) {
    this.type = type;
    this.revision = entry.revision;
    this.entry = entry;
    this.previous = previous;
    this.size = entry.size;
  }

  /** For those whose selection the object has entered by this change. */
  get entered(): WatchEvent {
    if (this.type === "ADDED") return this;
    this.#entered ??= { type: "ADDED", entry: this.entry, revision: this.revision };
    return this.#entered;
  }

  /**
   * For those whose selection it has left: the state that they last saw, at the revision of this change.
   *
   * Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go convertToWatchEvent @1.36
   */
  get left(): WatchEvent {
    if (this.type === "DELETED" || this.previous === undefined) return this;
    this.#left ??= {
      type: "DELETED",
      entry: this.previous.at(this.revision),
      revision: this.revision,
    };
    return this.#left;
  }

  /** What a watcher sees that selects objects by `passes`; undefined: nothing. */
  seenBy(passes: (entry: CacheEntry) => boolean): WatchEvent | undefined {
    const passedBefore = this.previous !== undefined && passes(this.previous);
    if (this.type === "DELETED") return passedBefore ? this : undefined;
    const passesNow = passes(this.entry);
    if (passesNow) return passedBefore ? this : this.entered;
    return passedBefore ? this.left : undefined;
  }
}
