/**
 * When to sync: after quiet a moment after the first change, so that one change is in the rules soon; while changes keep
 * coming, all of a period at once. At least once in the greatest period, and after a failure again, each time later. One
 * run at a time.
 *
 * Upstream: pkg/util/async/bounded_frequency_runner.go @1.36
 */
import type { Clock } from "@kubets/service";

export interface SyncTimerOptions {
  readonly clock: Clock;
  /** From the first change after quiet to the run: changes seldom come alone. */
  readonly gatherMs: number;
  /** From the beginning of one run to that of the next. */
  readonly minPeriodMs: number;
  readonly maxPeriodMs: number;
  /** Never rejects. */
  run(): Promise<RunResult>;
}

export type RunResult =
  | "done"
  /** It has to be done again. */
  | "failed"
  /** Nothing is wrong, but something is left to do when it has been quiet for a while. */
  | "leftovers";

const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 30_000;
const LEFTOVERS_MS = 1_500;

export class SyncTimer {
  readonly #options: SyncTimerOptions;
  #cancel: (() => void) | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #lastStartMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #pokedMeanwhile = false;
  #failures = 0;
  #stopped = false;

  constructor(options: SyncTimerOptions) {
    this.#options = options;
  }

  /** Something changed. */
  poke(): void {
    if (this.#running !== undefined) {
      this.#pokedMeanwhile = true;
      return;
    }
    const { clock, gatherMs, minPeriodMs } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#plan(
      Math.max(nowMs + gatherMs, this.#lastStartMs + minPeriodMs, this.#retryAtMs()) - nowMs,
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  #retryAtMs(): number {
    if (this.#failures === 0) return Number.NEGATIVE_INFINITY;
    const delayMs = Math.min(RETRY_BASE_MS * 2 ** (this.#failures - 1), RETRY_MAX_MS);
    return this.#lastStartMs + delayMs;
  }

  /** An earlier time replaces a later one. */
  #plan(delayMs: number): void {
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + delayMs;
    if (this.#stopped || dueMs >= this.#dueMs) return;
    this.#cancel?.();
    this.#dueMs = dueMs;
    this.#cancel = clock.setTimer(delayMs, () => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#running = this.#runOnce();
    });
  }

  async #runOnce(): Promise<void> {
    const { clock, run, maxPeriodMs } = this.#options;
    this.#pokedMeanwhile = false;
    this.#lastStartMs = clock.monotonicMs();
    const result = await run();
    this.#failures = result === "failed" ? this.#failures + 1 : 0;
    this.#running = undefined;
    this.#plan(result === "leftovers" ? Math.min(LEFTOVERS_MS, maxPeriodMs) : maxPeriodMs);
    if (result === "failed" || this.#pokedMeanwhile) this.poke();
  }
}
