import { StoreClient } from "../processes/store-client.ts";
import type { StoreProcessOptions } from "../processes/store-protocol.ts";

/** A fixed number of replicas; one that dies is started again. */
export class ReplicaSlots {
  readonly #options: StoreProcessOptions;
  readonly #slots: (StoreClient | undefined)[];
  readonly #starting: (Promise<StoreClient> | undefined)[];
  readonly #waiting = new Set<() => void>();
  #isClosed = false;
  starts = 0;

  constructor(options: StoreProcessOptions, count: number) {
    this.#options = options;
    this.#slots = new Array<StoreClient | undefined>(count).fill(undefined);
    this.#starting = new Array<Promise<StoreClient> | undefined>(count).fill(undefined);
    for (let slot = 0; slot < count; slot++) this.#start(slot);
  }

  get count(): number {
    return this.#slots.length;
  }

  /** The replica of a slot, as soon as it serves. */
  async at(slot: number): Promise<StoreClient> {
    for (;;) {
      const live = this.#slots[slot];
      if (live !== undefined && !live.isGone) return live;
      const starting = this.#starting[slot];
      if (starting === undefined) throw new Error("the replicas are closed");
      await starting.catch(() => {});
    }
  }

  /** One that serves now, beginning with a slot; waits when there is none. */
  async live(slot: number): Promise<{ readonly client: StoreClient; readonly name: string }> {
    for (;;) {
      for (let i = 0; i < this.count; i++) {
        const index = (slot + i) % this.count;
        const client = this.#slots[index];
        if (client !== undefined && !client.isGone) return { client, name: `replica-${index}` };
      }
      if (this.#isClosed) throw new Error("the replicas are closed");
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const started = await Promise.allSettled(this.#starting);
    for (const result of started) {
      if (result.status === "fulfilled") await result.value?.kill();
    }
    for (const client of this.#slots) await client?.kill();
  }

  #start(slot: number): void {
    this.starts += 1;
    const client = new StoreClient(this.#options);
    void client.gone.then(() => {
      this.#slots[slot] = undefined;
      if (!this.#isClosed) this.#start(slot);
    });
    this.#starting[slot] = client.ready().then((ready) => {
      this.#slots[slot] = ready;
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
      return ready;
    });
    this.#starting[slot]?.catch(() => {});
  }
}
