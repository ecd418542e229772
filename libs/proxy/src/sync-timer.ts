/**
 * When to sync: a moment after the first change, never two within the least period, at least once in the greatest, and
 * after a failure again, each time later. One run at a time.
 *
 * Upstream: pkg/util/async/bounded_frequency_runner.go @1.36
 */
import type { Clock } from "@kubets/service";

export interface SyncTimerOptions {
  readonly clock: Clock;
  /** From the first change to the run. */
  readonly gatherMs: number;
  readonly minPeriodMs: number;
  readonly maxPeriodMs: number;
  /** False: it has to be done again. Never rejects. */
  run(): Promise<boolean>;
}

const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 30_000;

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
    const done = await run();
    this.#failures = done ? 0 : this.#failures + 1;
    this.#running = undefined;
    this.#plan(maxPeriodMs);
    if (!done || this.#pokedMeanwhile) this.poke();
  }
}
