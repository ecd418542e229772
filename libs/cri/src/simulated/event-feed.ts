/** Hands events to any number of readers. A reader that falls far behind is ended: it has to list again anyway. */
import { RuntimeError, type RuntimeEvent } from "../runtime.ts";

const BACKLOG_EVENTS_MAX = 10_000;

export class EventFeed {
  readonly #readers = new Set<(event: RuntimeEvent) => void>();

  publish(event: RuntimeEvent): void {
    for (const reader of this.#readers) reader(event);
  }

  async *read(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const backlog: RuntimeEvent[] = [];
    let wake: (() => void) | undefined;
    const reader = (event: RuntimeEvent) => {
      backlog.push(event);
      wake?.();
    };
    const stop = () => wake?.();
    this.#readers.add(reader);
    signal.addEventListener("abort", stop, { once: true });
    try {
      while (!signal.aborted) {
        if (backlog.length > BACKLOG_EVENTS_MAX) {
          throw new RuntimeError("unavailable", "the reader of runtime events fell behind");
        }
        const event = backlog.shift();
        if (event !== undefined) yield event;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#readers.delete(reader);
      signal.removeEventListener("abort", stop);
    }
  }
}
