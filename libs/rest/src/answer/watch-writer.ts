/**
 * One watch of one client. Delivered events become one write; when the socket is full the cache is told to
 * pause, and to go on when it has drained. Nothing is awaited for an event.
 */
import type { Writable } from "node:stream";
import { internalError, isStatusError } from "@kubets/api";
import type { WatchEvent, WatchHandle, WatchSink } from "@kubets/watch-cache";
import type { FrameMaker } from "./watch-frames.ts";

export interface WatchWriterOptions {
  /** Writes the head; called before the first byte. */
  readonly begin: () => Writable;
  readonly frames: FrameMaker;
  /** Each event is a write of its own, as where writes are messages. Default: those that come together are one. */
  readonly isPerEvent?: boolean;
  readonly onEvents?: (count: number) => void;
  /** The watch has ended; what is written may still wait for the client. */
  readonly onEnd?: () => void;
}

export class WatchWriter implements WatchSink {
  readonly #options: WatchWriterOptions;
  #out: Writable | undefined;
  #handle: WatchHandle | undefined;
  #isPaused = false;
  /** The socket drained before `start` said whom to tell. */
  #hasDrainedEarly = false;
  #isOver = false;

  constructor(options: WatchWriterOptions) {
    this.#options = options;
  }
  /** The watch has begun: clients wait for the head even when there are no events. */
  start(handle: WatchHandle): void {
    this.#handle = handle;
    if (this.#isOver) {
      handle.close();
      return;
    }
    this.#open();
    if (this.#hasDrainedEarly) handle.resume();
  }
  deliver(events: readonly WatchEvent[]): boolean {
    if (this.#isOver) return true;
    const out = this.#open();
    this.#options.onEvents?.(events.length);
    const [only] = events;
    let taken = true;
    if (events.length === 1 && only !== undefined) taken = out.write(this.#frame(only));
    else if (this.#options.isPerEvent) {
      for (const event of events) taken = out.write(this.#frame(event));
    } else taken = out.write(Buffer.concat(events.map((event) => this.#frame(event))));
    if (!taken) this.#isPaused = true;
    return taken;
  }
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#open().end();
    this.#options.onEnd?.();
  }
  /** From our side: time is over, the client has gone, or the server stops. */
  close(): void {
    this.#handle?.close();
    this.end();
  }
  #open(): Writable {
    if (this.#out === undefined) {
      const out = this.#options.begin();
      out.on("drain", () => this.#onDrain());
      this.#out = out;
    }
    return this.#out;
  }
  #onDrain(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#handle === undefined) this.#hasDrainedEarly = true;
    else this.#handle.resume();
  }
  #frame(event: WatchEvent): Buffer {
    const { frames } = this.#options;
    if (event.type === "BOOKMARK") return frames.bookmark(event);
    if (event.entry !== undefined) return frames.object(event.type, event.entry);
    const error = isStatusError(event.error) ? event.error : internalError("the watch has failed");
    return frames.error(error.status);
  }
}
