import type { Clock, Logger } from "@kubets/service";
import { type LogBatch, type Revision, StorageError, type Subscription } from "@kubets/storage";
import { behind } from "./behind.ts";
import type { FaultPoint } from "./fault-point.ts";
import { FeedSubscriber } from "./feed-subscriber.ts";
import type { LogPage, LogSource } from "./log-reader.ts";

const pageEntries = 1_000;
/** Own commits that wait for a gap before them to be read; more are read from the log themselves. */
const heldBatchesMax = 16;

/**
 * The one order in which commits are applied here. Every batch, own or foreign, obeys one rule: it starts at
 * the next revision expected. What comes early is held, or read again from the log; what comes twice is cut.
 */
export class Feed {
  readonly #reader: LogSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #faultPoint: FaultPoint;
  readonly #tickMs: number;
  readonly #subscribers = new Set<FeedSubscriber>();
  readonly #held: LogBatch[] = [];
  #cursor: Revision;
  #epoch: bigint;
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #isReachable = true;
  #cancelTick: () => void = () => {};
  #isClosed = false;

  constructor(options: {
    readonly reader: LogSource;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly faultPoint: FaultPoint;
    /** Between reads of the log that no hint asked for. */
    readonly tickMs: number;
    readonly cursor: Revision;
    readonly epoch: bigint;
  }) {
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#faultPoint = options.faultPoint;
    this.#tickMs = options.tickMs;
    this.#cursor = options.cursor;
    this.#epoch = options.epoch;
    this.#scheduleTick();
  }

  /** The last revision that was applied. */
  get cursor(): Revision {
    return this.#cursor;
  }

  /** Consecutive entries, from anywhere. */
  offer(batch: LogBatch): void {
    const [first] = batch;
    const last = batch.at(-1);
    if (first === undefined || last === undefined || last.revision <= this.#cursor) return;
    if (first.revision > this.#cursor + 1n) {
      if (this.#held.length < heldBatchesMax) this.#held.push(batch);
      this.catchUp();
      return;
    }
    this.#apply(first.revision === this.#cursor + 1n ? batch : behind(batch, this.#cursor));
    this.#applyHeld();
  }

  /** A hint, or what a commit told: there may be more than was applied. */
  hint(last: Revision): void {
    if (last > this.#cursor) this.catchUp();
  }

  /** The epoch as a commit saw it: after a restore the revisions jump. */
  observe(counter: { readonly epoch: bigint; readonly revision: Revision }): void {
    if (counter.epoch === this.#epoch) return;
    this.#jump(counter);
  }

  /** Reads the log until nothing is left; calls meanwhile make it look once more. */
  catchUp(): void {
    if (this.#isClosed) return;
    this.#readAgain = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  subscribe(
    after: Revision,
    onBatch: (batch: LogBatch) => void,
    onEnd: (error: StorageError) => void,
  ): Subscription {
    const subscriber = new FeedSubscriber({
      after,
      reader: this.#reader,
      clock: this.#clock,
      logger: this.#logger,
      pageEntries,
      feedCursor: () => this.#cursor,
      onBatch,
      onEnd: (error) => {
        this.#subscribers.delete(subscriber);
        onEnd(error);
      },
    });
    this.#subscribers.add(subscriber);
    subscriber.start();
    return {
      close: () => {
        this.#subscribers.delete(subscriber);
        return subscriber.close();
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTick();
    await Promise.all([...this.#subscribers].map((subscriber) => subscriber.close()));
    this.#subscribers.clear();
    await this.#reading;
  }

  #apply(batch: LogBatch): void {
    const last = batch.at(-1);
    if (last === undefined) return;
    this.#faultPoint("apply.before");
    this.#cursor = last.revision;
    for (const subscriber of this.#subscribers) subscriber.deliver(batch);
    this.#faultPoint("apply.after");
  }

  #applyHeld(): void {
    for (let i = 0; i < this.#held.length; ) {
      const batch = this.#held[i];
      const first = batch?.[0]?.revision ?? 0n;
      if (batch === undefined || first > this.#cursor + 1n) {
        i += 1;
        continue;
      }
      this.#held.splice(i, 1);
      this.#apply(behind(batch, this.#cursor));
      i = 0;
    }
  }

  async #read(): Promise<void> {
    while (this.#readAgain && !this.#isClosed) {
      this.#readAgain = false;
      const asked = this.#cursor;
      let page: LogPage;
      try {
        page = await this.#reader.read(asked, pageEntries);
        this.#faultPoint("log.afterRead");
      } catch (error) {
        this.#readFailed(error);
        return;
      }
      if (!this.#isReachable) this.#logger.info("the log is read again");
      this.#isReachable = true;
      if (page.counter < asked) this.#wentBack(page.counter);
      else this.#applyPage(page);
    }
  }

  #applyPage(page: LogPage): void {
    if (page.epoch !== this.#epoch || page.compacted > this.#cursor) {
      this.#jump({ epoch: page.epoch, revision: page.counter });
      return;
    }
    const rest = behind(page.entries, this.#cursor);
    const [first] = rest;
    if (first !== undefined && first.revision !== this.#cursor + 1n) {
      this.#endAll(
        new StorageError("unusable", `revision ${this.#cursor + 1n} is missing in the log`),
      );
      this.#cursor = page.counter;
      return;
    }
    this.#apply(rest);
    this.#applyHeld();
    if (this.#cursor < page.counter) this.#readAgain = true;
  }

  /** Restored without a new epoch: nothing can be told apart any more until it is raised. */
  #wentBack(to: Revision): void {
    const from = this.#cursor;
    this.#logger.error("the store was restored to an earlier state: raise its epoch", {
      from: String(from),
      to: String(to),
    });
    this.#endAll(
      new StorageError("unusable", `the store went back from revision ${from} to ${to}`),
    );
  }

  /** What lies between is gone for this replica: who follows must load anew. */
  #jump(to: { readonly epoch: bigint; readonly revision: Revision }): void {
    this.#logger.warn("the history between is gone; watches start anew", {
      from: String(this.#cursor),
      to: String(to.revision),
      epoch: String(to.epoch),
    });
    this.#epoch = to.epoch;
    this.#cursor = to.revision;
    this.#held.length = 0;
    this.#endAll(new StorageError("compacted", `the history before ${to.revision} is gone`));
  }

  #endAll(error: StorageError): void {
    for (const subscriber of [...this.#subscribers]) subscriber.end(error);
  }

  #readFailed(error: unknown): void {
    // The next tick tries again; one line for an outage, not one for each tick.
    if (this.#isReachable) this.#logger.warn("the log cannot be read", { error });
    this.#isReachable = false;
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#clock.setTimer(this.#tickMs, () => {
      if (this.#isClosed) return;
      this.catchUp();
      this.#scheduleTick();
    });
  }
}
