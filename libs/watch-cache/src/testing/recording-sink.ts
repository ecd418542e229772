import type { WatchEvent, WatchHandle, WatchSink } from "../types.ts";

/** Keeps what a watch delivers; takes nothing while it is told to be full. */
export class RecordingSink implements WatchSink {
  readonly events: WatchEvent[] = [];
  readonly deliveries: (readonly WatchEvent[])[] = [];
  isFull = false;
  isEnded = false;
  handle: WatchHandle | undefined;
  readonly #waiting = new Set<() => void>();

  deliver(events: readonly WatchEvent[]): boolean {
    this.events.push(...events);
    this.deliveries.push(events);
    this.#wake();
    return !this.isFull;
  }
  end(): void {
    this.isEnded = true;
    this.#wake();
  }
  drain(): void {
    this.isFull = false;
    this.handle?.resume();
  }
  until(isMet: (sink: RecordingSink) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isMet(this)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
  /** One text for each event. */
  get texts(): string[] {
    return this.events.map(eventText);
  }
  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}

export function eventText({ type, revision, entry, initialEventsEnd }: WatchEvent): string {
  if (entry === undefined) return `${type} ${revision}${initialEventsEnd ? " initial" : ""}`;
  const { namespace, name } = entry.key;
  return `${type} ${namespace}/${name} ${revision}`;
}

/** All turns that are scheduled by now have run. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
