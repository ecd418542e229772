import type { Bus, RevisionHint } from "./bus.ts";

/**
 * A bus inside one process: for the cluster with a single apiserver, and for tests. Receivers are told
 * in a later turn, as over a network, and may publish in turn.
 */
export function createMemoryBus(): Bus {
  return new MemoryBus();
}

class MemoryBus implements Bus {
  readonly #receivers = new Set<(hint: RevisionHint) => void>();
  #isClosed = false;

  publish(hint: RevisionHint): void {
    if (this.#isClosed) return;
    queueMicrotask(() => {
      for (const receiver of this.#receivers) receiver(hint);
    });
  }

  subscribe(onHint: (hint: RevisionHint) => void): () => void {
    // Its own function for each subscription: the same callback may be given twice.
    const receiver = (hint: RevisionHint) => onHint(hint);
    if (!this.#isClosed) this.#receivers.add(receiver);
    return () => {
      this.#receivers.delete(receiver);
    };
  }

  isConnected(): boolean {
    return !this.#isClosed;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#receivers.clear();
  }
}
