import type { KubeObject } from "@kubets/api";
import { ClientError, type ResourceType, type WatchEvent, type WatchOptions } from "../client.ts";
import { selectionOf } from "./match-selectors.ts";
import type { LogEntry } from "./memory-client.ts";

/** One open watch of the in-memory model. */
export class MemoryWatch {
  readonly #type: ResourceType;
  readonly #options: WatchOptions;
  readonly #selects: (object: KubeObject) => boolean;
  #events: WatchEvent<KubeObject>[] = [];
  #isBroken = false;
  #wake: () => void = () => {};

  constructor(type: ResourceType, options: WatchOptions) {
    this.#type = type;
    this.#options = options;
    this.#selects = selectionOf(options);
  }

  /** An object that begins to match is added, one that no longer does is deleted. */
  offer(entry: LogEntry): void {
    if (entry.type.group !== this.#type.group || entry.type.resource !== this.#type.resource)
      return;
    const { previous, object, isDeletion } = entry;
    const was = previous !== undefined && this.#selects(previous);
    const is = !isDeletion && this.#selects(object);
    if (!was && !is) return;
    const type = !is ? "DELETED" : was ? "MODIFIED" : "ADDED";
    this.#push({ type, object });
  }
  bookmark(revision: number): void {
    if (this.#options.allowWatchBookmarks !== true) return;
    this.#push({ type: "BOOKMARK", resourceVersion: String(revision) });
  }
  break(): void {
    this.#isBroken = true;
    this.#wake();
  }

  async *batches(): AsyncGenerator<readonly WatchEvent<KubeObject>[], void, undefined> {
    const { signal } = this.#options;
    const onAbort = () => this.#wake();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        if (signal?.aborted) throw new ClientError("cancelled", "cancelled by the caller");
        if (this.#isBroken) throw new ClientError("broken", "the connection broke");
        if (this.#events.length > 0) {
          const events = this.#events;
          this.#events = [];
          yield events;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #push(event: WatchEvent<KubeObject>): void {
    this.#events.push(event);
    this.#wake();
  }
}
