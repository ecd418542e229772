import type { Revision } from "@kubets/storage";
import type { CachedEvent } from "./cached-event.ts";

/** The newest events of a resource, bounded by number and by bytes. */
export class EventRing {
  readonly eventsMax: number;
  readonly bytesMax: number;
  #events: CachedEvent[] = [];
  #head = 0;
  #bytes = 0;
  #start: Revision;
  #isFull = false;

  constructor(options: {
    readonly eventsMax: number;
    readonly bytesMax: number;
    readonly start: Revision;
  }) {
    this.eventsMax = options.eventsMax;
    this.bytesMax = options.bytesMax;
    this.#start = options.start;
  }

  /** Every event behind this revision is here. */
  get start(): Revision {
    return this.#start;
  }

  /** Whether something had to go: then it can reach back no further. */
  get isFull(): boolean {
    return this.#isFull;
  }

  push(event: CachedEvent): void {
    this.#events.push(event);
    this.#bytes += event.size;
    this.#trim();
  }

  /** What happened before: every event behind `from` up to where the ring began. */
  prepend(events: readonly CachedEvent[], from: Revision): void {
    this.#events = [...events, ...this.#events.slice(this.#head)];
    this.#head = 0;
    this.#start = from;
    for (const { size } of events) this.#bytes += size;
    this.#trim();
  }

  #trim(): void {
    while (this.#events.length - this.#head > this.eventsMax || this.#bytes > this.bytesMax) {
      const oldest = this.#events[this.#head];
      if (oldest === undefined) break;
      this.#head += 1;
      this.#bytes -= oldest.size;
      this.#start = oldest.revision;
      this.#isFull = true;
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The events behind a revision that is not before `start`. */
  after(revision: Revision): CachedEvent[] {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event !== undefined && event.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  /** The revision of the newest event; the start if there is none. */
  get last(): Revision {
    return this.#head < this.#events.length
      ? (this.#events.at(-1)?.revision ?? this.#start)
      : this.#start;
  }
}
