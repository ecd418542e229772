import type { Logger } from "@kubets/service";
import type { Revision } from "@kubets/storage";
import type { CacheEntry } from "./cache-entry.ts";
import type { CachedEvent } from "./cached-event.ts";
import type { Selection, WatchEvent, WatchSink } from "./types.ts";

/** What may wait for a slow receiver. */
const bufferedBytesMax = 8 * 1024 * 1024;
/** Events of one delivery from the backlog, and how many go out before others get their turn. */
const chunkEvents = 64;
const chunkBytesMax = 128 * 1024;
const turnEvents = 512;

/**
 * One watch. Live events go straight to the sink; while it is full, or while the first events are still on
 * their way, they wait in a bounded backlog. Who does not keep up is closed, and never delays another.
 */
export class Watcher {
  readonly selection: Selection;
  readonly wantsBookmarks: boolean;
  /** Events up to here are not for this watcher: its state includes them. */
  readonly after: Revision;
  /** Null: everything in its bucket passes. */
  readonly passes: ((entry: CacheEntry) => boolean) | null;
  /** When a sign of progress is due, in ms of the monotonic clock. */
  nextBookmarkMs = 0;
  readonly #sink: WatchSink;
  readonly #logger: Logger;
  readonly #onClose: (watcher: Watcher) => void;
  readonly #nowMs: () => number;
  #backlog: Iterator<WatchEvent> | undefined;
  #waiting: (readonly WatchEvent[])[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #pausedAtMs = 0;
  #isTurnScheduled = false;
  #isClosed = false;

  constructor(options: {
    readonly selection: Selection;
    readonly wantsBookmarks: boolean;
    readonly after: Revision;
    readonly passes: ((entry: CacheEntry) => boolean) | null;
    /** What comes before live events; made as it is read. */
    readonly first: Iterator<WatchEvent>;
    readonly sink: WatchSink;
    readonly logger: Logger;
    readonly nowMs: () => number;
    readonly onClose: (watcher: Watcher) => void;
  }) {
    this.selection = options.selection;
    this.wantsBookmarks = options.wantsBookmarks;
    this.after = options.after;
    this.passes = options.passes;
    this.#backlog = options.first;
    this.#sink = options.sink;
    this.#logger = options.logger;
    this.#nowMs = options.nowMs;
    this.#onClose = options.onClose;
    this.#scheduleTurn();
  }

  /** Whether everything up to now was handed over. */
  get isIdle(): boolean {
    return !this.#isClosed && !this.#isPaused && this.#backlog === undefined;
  }

  /** Live events, shared with other watchers: never changed. */
  deliver(events: readonly WatchEvent[]): void {
    if (this.#isClosed) return;
    if (this.#isPaused || this.#backlog !== undefined) {
      this.#wait(events);
      return;
    }
    if (!this.#sink.deliver(events)) this.#pause();
  }

  /** As `deliver`, for a watcher that must look at each event itself. */
  deliverFiltered(events: readonly CachedEvent[]): void {
    if (this.#isClosed) return;
    const { passes, after } = this;
    const seen: WatchEvent[] = [];
    for (const event of events) {
      if (event.revision <= after) continue;
      const view = passes === null ? event : event.seenBy(passes);
      if (view !== undefined) seen.push(view);
    }
    if (seen.length > 0) this.deliver(seen);
  }

  /** The receiver can take more. */
  resume(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    this.#drain();
  }

  /** From the server's side; an error is told first. */
  end(error?: { readonly error: Error; readonly revision: Revision }): void {
    if (this.#isClosed) return;
    this.close();
    if (error !== undefined) this.#sink.deliver([{ type: "ERROR", ...error }]);
    this.#sink.end();
  }

  /** From the receiver's side. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#backlog = undefined;
    this.#onClose(this);
  }

  isStuckSince(ms: number): boolean {
    return this.#isPaused && this.#pausedAtMs <= ms;
  }

  #pause(): void {
    this.#isPaused = true;
    this.#pausedAtMs = this.#nowMs();
  }

  #wait(events: readonly WatchEvent[]): void {
    this.#waiting.push(events);
    for (const { entry } of events) this.#waitingBytes += entry?.json.length ?? 0;
    if (this.#waitingBytes <= bufferedBytesMax) return;
    this.#logger.info("a watcher does not keep up and is closed", { bytes: this.#waitingBytes });
    this.end();
  }

  #scheduleTurn(): void {
    if (this.#isTurnScheduled) return;
    this.#isTurnScheduled = true;
    setImmediate(() => {
      this.#isTurnScheduled = false;
      this.#drain();
    });
  }

  /** The backlog, then what waited behind it; in turns, so that a long one blocks nobody. */
  #drain(): void {
    let events = 0;
    while (!this.#isPaused && !this.#isClosed && this.#backlog !== undefined) {
      if (events >= turnEvents) {
        this.#scheduleTurn();
        return;
      }
      events += this.#deliverChunk(this.#backlog);
    }
    while (!this.#isPaused && !this.#isClosed) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#waitingBytes = 0;
        return;
      }
      if (!this.#sink.deliver(next)) this.#pause();
    }
  }

  #deliverChunk(backlog: Iterator<WatchEvent>): number {
    const chunk: WatchEvent[] = [];
    let bytes = 0;
    while (chunk.length < chunkEvents && bytes < chunkBytesMax) {
      const next = backlog.next();
      if (next.done === true) {
        this.#backlog = undefined;
        break;
      }
      chunk.push(next.value);
      bytes += next.value.entry?.json.length ?? 0;
    }
    if (chunk.length > 0 && !this.#sink.deliver(chunk)) this.#pause();
    return chunk.length;
  }
}
