import type { Clock } from "@kubets/service";
import type {
  History,
  LogRecord,
  Operation,
  WatchedEvent,
  WatchRecord,
  WriteOperation,
  WriteOutcome,
} from "./history.ts";

type Without<T, K extends keyof T> = Omit<T, K>;

/** Collects what the clients of one process do and see. */
export class HistoryRecorder {
  readonly operations: Operation[] = [];
  readonly watches: WatchRecord[] = [];
  readonly jumps: { from: bigint; to: bigint }[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Runs a write and records it with its interval; whatever it throws was turned into an outcome by the caller. */
  async write(
    about: Without<WriteOperation, "kind" | "startMs" | "endMs" | "outcome">,
    run: () => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    const startMs = this.nowMs();
    const outcome = await run();
    this.operations.push({ kind: "write", ...about, startMs, endMs: this.nowMs(), outcome });
    return outcome;
  }

  read(operation: Operation): void {
    this.operations.push(operation);
  }

  /** The returned function takes the watch's events as they come. */
  watch(about: Without<WatchRecord, "events">): (event: WatchedEvent) => void {
    const events: WatchedEvent[] = [];
    this.watches.push({ ...about, events });
    return (event) => {
      events.push(event);
    };
  }

  history(log: readonly LogRecord[], logAfter: bigint): History {
    const { operations, watches, jumps } = this;
    return { operations, watches, jumps, log, logAfter };
  }
}
