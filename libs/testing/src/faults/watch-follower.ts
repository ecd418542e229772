import type { WatchedEvent } from "../history/history.ts";
import type { HistoryRecorder } from "../history/history-recorder.ts";
import { ProcessGoneError, RequestFailedError } from "../processes/store-client.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { ReplicaSlots } from "./replica-slots.ts";

/** Follows everything for ever: a watch that ends is continued on any replica behind the last revision it showed. */
export class WatchFollower {
  readonly #slots: ReplicaSlots;
  readonly #recorder: HistoryRecorder;
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #signal: AbortSignal;
  /** The last revision it was shown. */
  last = 0n;
  /** How often its history was gone. */
  gone = 0;
  resumed = 0;
  #wake: () => void = () => {};

  constructor(options: {
    readonly slots: ReplicaSlots;
    readonly recorder: HistoryRecorder;
    readonly name: string;
    readonly random: SeededRandom;
    readonly signal: AbortSignal;
  }) {
    this.#slots = options.slots;
    this.#recorder = options.recorder;
    this.#name = options.name;
    this.#random = options.random;
    this.#signal = options.signal;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        const isGone = await this.#follow();
        this.resumed += 1;
        if (isGone) await this.#startAnew();
      } catch (error) {
        if (error instanceof ProcessGoneError) continue;
        if (error instanceof RequestFailedError) await this.#startAnew().catch(() => {});
        else if (!this.#signal.aborted) throw error;
      }
    }
  }

  /** Resolves when everything up to a revision was shown. */
  async reached(revision: bigint): Promise<void> {
    while (this.last < revision) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #follow(): Promise<boolean> {
    const { client, name } = await this.#slots.live(this.#random.below(8));
    const record = this.#recorder.watch({
      name: `${this.#name} on ${name} from ${this.last}`,
      scope: "configmaps/",
      after: this.last,
    });
    return new Promise<boolean>((resolve, reject) => {
      const end = () => resolve(false);
      this.#signal.addEventListener("abort", end, { once: true });
      client
        .watch(this.last, {
          onEvents: (events) => this.#take(events, record),
          onEnd: (gone) => {
            this.#signal.removeEventListener("abort", end);
            resolve(gone);
          },
        })
        .catch(reject);
    });
  }

  #take(events: readonly WatchedEvent[], record: (event: WatchedEvent) => void): void {
    for (const event of events) {
      record(event);
      if (event.revision > this.last) this.last = event.revision;
    }
    this.#wake();
  }

  async #startAnew(): Promise<void> {
    this.gone += 1;
    const { client } = await this.#slots.live(this.#random.below(8));
    this.last = await client.request({ do: "revision" });
  }
}
