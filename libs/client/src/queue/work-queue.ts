/**
 * Keys that wait for work.
 *
 * - Fair: keys are handed out in the order in which they were added.
 * - Stingy: a key added several times before it is handed out is handed out once.
 * - A key is with one worker at a time; added meanwhile, it is handed out again after `done`.
 * - Delayed and rate-limited additions; of two delays for one key the earlier holds.
 *
 * Its length is bounded by the number of distinct keys.
 *
 * Upstream: client-go util/workqueue @1.36
 */
import type { Clock } from "@kubets/service";
import { KeyedHeap } from "./keyed-heap.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limiter.ts";

/** What a queue tells about itself; times in seconds. */
export interface WorkQueueMetrics {
  added(depth: number): void;
  /** A worker took a key that had waited so long. */
  taken(depth: number, waitedSeconds: number): void;
  finished(workedSeconds: number): void;
  retried(): void;
  /** Asked when metrics are read: the summed and the longest time that keys are with workers now. */
  observe?(unfinished: () => { totalSeconds: number; longestSeconds: number }): void;
}

export interface WorkQueueOptions<K> {
  readonly clock: Clock;
  /** Default: `createRateLimiter` with upstream's figures. */
  readonly rateLimiter?: RateLimiter<K>;
  readonly metrics?: WorkQueueMetrics;
}

interface Delayed<K> {
  readonly key: K;
  readonly readyMs: number;
}

export class WorkQueue<K = string> {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter<K>;
  readonly #metrics: WorkQueueMetrics | undefined;
  /** The order of handing out; every key in it is in `#dirty` and not in `#processing`. Value: when it was added. */
  readonly #ready = new Map<K, number>();
  /** Keys that need work, including those that must wait until their worker is done. Value: when they were added. */
  readonly #dirty = new Map<K, number>();
  /** Keys that are with a worker, and since when. */
  readonly #processing = new Map<K, number>();
  readonly #delayed = new KeyedHeap<K, Delayed<K>>((a, b) => a.readyMs < b.readyMs);
  readonly #waiters: ((key: K | undefined) => void)[] = [];
  #cancelTimer: (() => void) | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #shutDown = false;
  #drained: (() => void)[] = [];

  constructor(options: WorkQueueOptions<K>) {
    this.#clock = options.clock;
    this.#limiter = options.rateLimiter ?? createRateLimiter<K>({ clock: options.clock });
    this.#metrics = options.metrics;
    this.#metrics?.observe?.(() => this.#unfinished());
  }
  /** Keys that could be handed out now. */
  get length(): number {
    return this.#ready.size;
  }
  get isShutDown(): boolean {
    return this.#shutDown;
  }

  add(key: K): void {
    if (this.#shutDown || this.#dirty.has(key)) return;
    const nowMs = this.#clock.monotonicMs();
    this.#dirty.set(key, nowMs);
    if (this.#processing.has(key)) {
      this.#metrics?.added(this.#ready.size);
      return;
    }
    this.#ready.set(key, nowMs);
    this.#metrics?.added(this.#ready.size);
    this.#handOut();
  }

  addAfter(key: K, delayMs: number): void {
    if (this.#shutDown) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    this.#metrics?.retried();
    const readyMs = this.#clock.monotonicMs() + delayMs;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.readyMs <= readyMs) return;
    this.#delayed.set(key, { key, readyMs });
    this.#arm();
  }

  /** Adds the key after its back-off; `forget` ends the counting of its failures. */
  addRateLimited(key: K): void {
    this.addAfter(key, this.#limiter.whenMs(key));
  }
  forget(key: K): void {
    this.#limiter.forget(key);
  }
  failures(key: K): number {
    return this.#limiter.failures(key);
  }

  /** The next key, which the caller must give back with `done`; undefined once the queue is shut down and empty. */
  get(): Promise<K | undefined> {
    const key = this.#take();
    if (key !== undefined) return Promise.resolve(key);
    if (this.#shutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  done(key: K): void {
    const startedMs = this.#processing.get(key);
    if (startedMs === undefined) return;
    this.#processing.delete(key);
    this.#metrics?.finished((this.#clock.monotonicMs() - startedMs) / 1000);
    const addedMs = this.#dirty.get(key);
    if (addedMs !== undefined) {
      this.#ready.set(key, addedMs);
      this.#handOut();
    }
    this.#settleDrain();
  }

  /** Takes no more keys; what is ready is still handed out, what is delayed is dropped. */
  shutDown(): void {
    this.#shutDown = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#delayed.clear();
    this.#handOut();
    if (this.#ready.size === 0) {
      for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    }
    this.#settleDrain();
  }

  /** Shuts down and resolves when no key is ready or with a worker. */
  drain(): Promise<void> {
    const drained = new Promise<void>((resolve) => this.#drained.push(resolve));
    this.shutDown();
    return drained;
  }

  #take(): K | undefined {
    for (const [key, addedMs] of this.#ready) {
      this.#ready.delete(key);
      this.#dirty.delete(key);
      const nowMs = this.#clock.monotonicMs();
      this.#processing.set(key, nowMs);
      this.#metrics?.taken(this.#ready.size, (nowMs - addedMs) / 1000);
      return key;
    }
    return undefined;
  }

  #handOut(): void {
    while (this.#waiters.length > 0) {
      const key = this.#take();
      if (key === undefined) break;
      this.#waiters.shift()?.(key);
    }
    if (this.#shutDown && this.#ready.size === 0) {
      for (const waiter of this.#waiters.splice(0)) waiter(undefined);
    }
  }

  #settleDrain(): void {
    if (!this.#shutDown || this.#ready.size > 0 || this.#processing.size > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #arm(): void {
    const next = this.#delayed.peek();
    if (next === undefined || next.readyMs >= this.#timerMs) return;
    this.#cancelTimer?.();
    this.#timerMs = next.readyMs;
    this.#cancelTimer = this.#clock.setTimer(next.readyMs - this.#clock.monotonicMs(), () => {
      this.#cancelTimer = undefined;
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#release();
    });
  }

  #release(): void {
    const nowMs = this.#clock.monotonicMs();
    for (;;) {
      const next = this.#delayed.peek();
      // Timers may fire a fraction of a millisecond early.
      if (next === undefined || next.readyMs > nowMs + 1) break;
      this.#delayed.pop();
      this.add(next.key);
    }
    this.#arm();
  }

  #unfinished(): { totalSeconds: number; longestSeconds: number } {
    const nowMs = this.#clock.monotonicMs();
    let totalMs = 0;
    let longestMs = 0;
    for (const startedMs of this.#processing.values()) {
      totalMs += nowMs - startedMs;
      longestMs = Math.max(longestMs, nowMs - startedMs);
    }
    return { totalSeconds: totalMs / 1000, longestSeconds: longestMs / 1000 };
  }
}
