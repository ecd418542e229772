import type { Clock } from "./clock.ts";

/** A clock that stands still until a test moves it; due timers run in order of their time. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #timers: { atMs: number; order: number; task: () => void }[] = [];
  #order = 0;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }
  now(): number {
    return this.#nowMs;
  }
  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }
  setTimer(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  /** How many timers wait: a test can see that nothing is left behind. */
  get pending(): number {
    return this.#timers.length;
  }
  /** Moves time forward and runs what falls due, letting promises settle in between. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (;;) {
      this.#timers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#timers[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.task();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }
}

/** Lets every microtask chain of reasonable length finish. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
