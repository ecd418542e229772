import type { Clock, Logger } from "@kubets/service";
import { sleep } from "@kubets/service";
import { StorageError, type Write, type WriteResult } from "@kubets/storage";
import { type CommitAnswer, commitAnswer, commitCall } from "./commit-batch.ts";
import { classifyDatabaseError, type DatabaseFailure } from "./database-error.ts";
import type { FaultPoint } from "./fault-point.ts";
import { type BatchConnection, NotSentError } from "./write-connection.ts";

const batchWritesMax = 256;
const batchBytesMax = 4 * 1024 * 1024;
const waitingMax = 10_000;
/** A batch that has no answer by then is cut off and sent again. */
const callTimeoutMs = 5_000;
/** A write whose outcome cannot be found out by then is given up, and so is one that waited that long for its turn. */
const writeTimeoutMs = 10_000;
/**
 * So long a server may be away for a restart or a failover before writes that surely were not made are refused; from
 * then on they are refused as soon as one try shows that it is still away.
 */
const awayMaxMs = 5_000;
/** Between looks for writes that wait behind a call without an answer. */
const sweepMs = 500;
const retryDelayMs = 50;
/** More than a few milliseconds are a server in trouble, not one with much to do. */
const giveWayMaxMs = 5;

interface Waiting {
  readonly write: Write;
  readonly endMs: number;
  /** Whether a call with it was sent whose outcome is not known. */
  isUncertain: boolean;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One batch is under way; the next is what arrived meanwhile. Nobody waits for company, and one flush of
 * the database's log serves all that wait.
 *
 * A call whose answer is lost is made again with the same request ids: if the first took effect, before or
 * after the second, one of the two finds the other's rows behind the lock and writes nothing.
 */
export class GroupCommitter {
  readonly #connection: BatchConnection;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #faultPoint: FaultPoint;
  readonly #cursor: () => bigint;
  readonly #onCommit: (answer: CommitAnswer) => void;
  readonly #onIdle: () => void;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** Since when nothing but failures came from the server. */
  #awaySinceMs: number | undefined;
  /** How long the next commit leaves the lock to others. */
  #giveWayMs = 0;
  readonly #closing = new AbortController();

  constructor(options: {
    readonly connection: BatchConnection;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly faultPoint: FaultPoint;
    /** The last revision that was applied here. */
    readonly cursor: () => bigint;
    /** Called with every answer before its writers are told. */
    readonly onCommit: (answer: CommitAnswer) => void;
    /** Called when nothing waits any more. */
    readonly onIdle: () => void;
  }) {
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#faultPoint = options.faultPoint;
    this.#cursor = options.cursor;
    this.#onCommit = options.onCommit;
    this.#onIdle = options.onIdle;
  }

  /** How many writes wait for their batch. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether an answer is on its way that brings what others have written. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  commit(write: Write): Promise<WriteResult> {
    if (this.#closing.signal.aborted) return Promise.reject(closedError());
    if (this.#waiting.length >= waitingMax) {
      return Promise.reject(
        new StorageError("unavailable", `${waitingMax} writes are waiting already`),
      );
    }
    return new Promise((resolve, reject) => {
      const endMs = this.#clock.monotonicMs() + writeTimeoutMs;
      this.#waiting.push({ write, endMs, isUncertain: false, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Ends with the batch under way; what waits behind it is refused. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#connection.release();
  }

  async #run(): Promise<void> {
    // Everything that was read from the sockets in this turn of the loop belongs together.
    await new Promise((resolve) => setImmediate(resolve));
    const endSweeping = this.#sweep();
    while (this.#waiting.length > 0) {
      if (this.#closing.signal.aborted) {
        for (const { reject } of this.#waiting.splice(0)) reject(closedError());
        break;
      }
      await this.#commitBatch(this.#takeBatch());
      if (this.#waiting.length > 0) await this.#giveWay();
    }
    endSweeping();
    this.#running = undefined;
    this.#onIdle();
  }

  /** Refuses, until it is told to end, who waits for too long, whatever the call under way does. */
  #sweep(): () => void {
    let cancel = () => {};
    const schedule = () => {
      cancel = this.#clock.setTimer(sweepMs, () => {
        const nowMs = this.#clock.monotonicMs();
        this.#refuseWaiting(
          ({ endMs }) => endMs < nowMs,
          () => new StorageError("unavailable", "the write waited too long for its turn"),
        );
        schedule();
      });
    };
    schedule();
    return () => cancel();
  }

  #refuseWaiting(isRefused: (waiting: Waiting) => boolean, errorOf: () => StorageError): void {
    this.#waiting = this.#waiting.filter((waiting) => {
      if (!isRefused(waiting)) return true;
      waiting.reject(errorOf());
      return false;
    });
  }

  #takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    const requestIds = new Set<string>();
    let bytes = 0;
    let i = 0;
    for (; i < this.#waiting.length && batch.length < batchWritesMax; i++) {
      const waiting = this.#waiting[i];
      if (waiting === undefined) break;
      const { write } = waiting;
      if (batch.length > 0 && bytes + write.bytes.length > batchBytesMax) break;
      // A repeated request must find its first commit in the log.
      if (requestIds.has(write.requestId)) {
        rest.push(waiting);
        continue;
      }
      requestIds.add(write.requestId);
      bytes += write.bytes.length;
      batch.push(waiting);
    }
    this.#waiting =
      rest.length === 0 ? this.#waiting.slice(i) : [...rest, ...this.#waiting.slice(i)];
    return batch;
  }

  /**
   * Where others write as well, a commit is followed by a pause as long as it took itself. Those who were just
   * answered come back in it and go with those who wait already: fewer, larger commits, and nobody waits longer than
   * for a commit between theirs.
   */
  async #giveWay(): Promise<void> {
    if (this.#giveWayMs > 0) await this.#sleep(this.#giveWayMs);
  }

  /** Until every write of the batch has its outcome. */
  async #commitBatch(batch: Waiting[]): Promise<void> {
    let open = batch;
    while (open.length > 0) {
      try {
        const answer = await this.#call(open);
        this.#awaySinceMs = undefined;
        this.#onCommit(answer);
        this.#faultPoint("commit.beforeReply");
        for (const [i, { resolve, reject }] of open.entries()) {
          const result = answer.results[i];
          if (result === undefined) reject(new TypeError("a write has no result"));
          else resolve(result);
        }
        return;
      } catch (error) {
        open = await this.#afterFailure(open, error);
      }
    }
  }

  async #call(batch: readonly Waiting[]): Promise<CommitAnswer> {
    const writes = batch.map(({ write }) => write);
    const cancel = this.#clock.setTimer(callTimeoutMs, () => {
      this.#logger.warn("a commit has no answer; its connection is cut", { writes: batch.length });
      this.#connection.drop();
    });
    const beganMs = this.#clock.monotonicMs();
    try {
      this.#faultPoint("commit.beforeSend");
      const sent = this.#connection.call(commitCall(writes, this.#cursor()));
      // Somebody who breaks things here leaves the call behind.
      sent.catch(() => {});
      this.#faultPoint("commit.afterSend");
      const rows = await sent;
      this.#faultPoint("commit.afterAnswer");
      const answer = commitAnswer(writes, rows);
      const tookMs = this.#clock.monotonicMs() - beganMs;
      this.#giveWayMs = answer.foreign.length === 0 ? 0 : Math.min(tookMs, giveWayMaxMs);
      return answer;
    } finally {
      cancel();
    }
  }

  /** Gives up what cannot or must not be tried again, and returns the rest after a pause. */
  async #afterFailure(batch: Waiting[], error: unknown): Promise<Waiting[]> {
    if (error instanceof StorageError) {
      for (const { reject } of batch) reject(error);
      return [];
    }
    const failure = error instanceof NotSentError ? "notSent" : classifyDatabaseError(error);
    this.#logger.warn("a commit failed", { error, failure, writes: batch.length });
    if (failure === "wentBack") {
      for (const { reject } of batch) reject(wentBackError(error));
      return [];
    }
    if (failure === "permanent") return this.#judgeAlone(batch, error);
    if (failure === "connection") for (const waiting of batch) waiting.isUncertain = true;
    const nowMs = this.#clock.monotonicMs();
    const isAway = this.#isAway(failure, nowMs);
    const isClosing = this.#closing.signal.aborted;
    const open = batch.filter((waiting) => {
      // Not made is the answer only when no earlier call may have made it.
      const isRefused = (failure === "refused" || isAway) && !waiting.isUncertain;
      if (!isRefused && !isClosing && waiting.endMs > nowMs) return true;
      waiting.reject(givenUpError(waiting, error));
      return false;
    });
    // What waits was never sent.
    if (isAway)
      this.#refuseWaiting(
        () => true,
        () => unavailableError(error),
      );
    if (open.length > 0) await this.#sleep(retryDelayMs);
    return open;
  }

  /** Whether the server has been out of reach for so long that nobody should wait for it. */
  #isAway(failure: DatabaseFailure | "notSent", nowMs: number): boolean {
    if (failure === "refused") {
      this.#awaySinceMs = undefined;
      return false;
    }
    this.#awaySinceMs ??= nowMs;
    return nowMs - this.#awaySinceMs >= awayMaxMs;
  }

  /** One of the batch is to blame: alone, it fails alone. */
  async #judgeAlone(batch: Waiting[], error: unknown): Promise<Waiting[]> {
    const [only] = batch;
    if (only !== undefined && batch.length === 1) {
      only.reject(new StorageError("unusable", "the database refuses a write", { cause: error }));
      return [];
    }
    for (const waiting of batch) await this.#commitBatch([waiting]);
    return [];
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await sleep(this.#clock, ms, this.#closing.signal);
    } catch {
      // Closing: the last attempt is made at once.
    }
  }
}

function closedError(): StorageError {
  return new StorageError("unavailable", "the store is closed");
}

function wentBackError(cause: unknown): StorageError {
  return new StorageError(
    "unusable",
    "the database was restored to an earlier state: raise the epoch and restart",
    { cause },
  );
}

function givenUpError({ isUncertain }: Waiting, cause: unknown): StorageError {
  if (isUncertain) {
    return new StorageError(
      "unknownOutcome",
      "the connection to the database broke during the commit: the write may have been made",
      { cause },
    );
  }
  return unavailableError(cause);
}

function unavailableError(cause: unknown): StorageError {
  const why = cause instanceof NotSentError ? "cannot be reached" : "refused the commit";
  return new StorageError("unavailable", `the database ${why}: the write was not made`, { cause });
}
