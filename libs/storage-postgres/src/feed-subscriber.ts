import type { Clock, Logger } from "@kubets/service";
import { sleep } from "@kubets/service";
import { type LogBatch, type Revision, StorageError } from "@kubets/storage";
import { behind } from "./behind.ts";
import type { LogSource } from "./log-reader.ts";

const retryDelayMs = 500;

/**
 * One follower of the feed. It reads the past from the log by itself and joins the present in the very turn
 * in which it has reached the feed's cursor, so nothing can lie between.
 */
export class FeedSubscriber {
  readonly #reader: LogSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pageEntries: number;
  readonly #feedCursor: () => Revision;
  readonly #onBatch: (batch: LogBatch) => void;
  readonly #onEnd: (error: StorageError) => void;
  readonly #closing = new AbortController();
  #after: Revision;
  #isLive = false;
  #catchingUp: Promise<void> | undefined;

  constructor(options: {
    readonly after: Revision;
    readonly reader: LogSource;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly pageEntries: number;
    readonly feedCursor: () => Revision;
    readonly onBatch: (batch: LogBatch) => void;
    readonly onEnd: (error: StorageError) => void;
  }) {
    this.#after = options.after;
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#pageEntries = options.pageEntries;
    this.#feedCursor = options.feedCursor;
    this.#onBatch = options.onBatch;
    this.#onEnd = options.onEnd;
  }

  start(): void {
    if (this.#after >= this.#feedCursor()) this.#isLive = true;
    else this.#catchingUp = this.#catchUp();
  }

  deliver(batch: LogBatch): void {
    if (!this.#isLive) return;
    const [first] = batch;
    const rest =
      first !== undefined && first.revision > this.#after ? batch : behind(batch, this.#after);
    const last = rest.at(-1);
    if (last === undefined) return;
    this.#after = last.revision;
    this.#hand(rest);
  }

  /** One that breaks its promise not to throw ends itself and nobody else. */
  #hand(batch: LogBatch): void {
    try {
      this.#onBatch(batch);
    } catch (cause) {
      this.#logger.error("a subscriber of the log failed", { error: cause });
      this.end(new StorageError("unusable", "the subscriber failed", { cause }));
    }
  }

  end(error: StorageError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#onEnd(error);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#isLive = false;
    await this.#catchingUp;
  }

  async #catchUp(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const page = await this.#reader.read(this.#after, this.#pageEntries);
        if (this.#closing.signal.aborted) return;
        if (page.compacted > this.#after) {
          this.end(
            new StorageError(
              "compacted",
              `revision ${this.#after} is below the compacted revision ${page.compacted}`,
            ),
          );
          return;
        }
        const last = page.entries.at(-1);
        if (last !== undefined) {
          this.#after = last.revision;
          this.#hand(page.entries);
          if (this.#closing.signal.aborted) return;
        }
        if (this.#after >= this.#feedCursor()) {
          this.#isLive = true;
          return;
        }
        // The store is behind what was seen here: nothing comes of asking at once again.
        if (last === undefined) await this.#pause();
      } catch (error) {
        this.#logger.warn("the past of a subscription cannot be read", { error });
        await this.#pause();
      }
    }
  }

  async #pause(): Promise<void> {
    await sleep(this.#clock, retryDelayMs, this.#closing.signal).catch(() => {});
  }
}
