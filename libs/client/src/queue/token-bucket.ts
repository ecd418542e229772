import type { Clock } from "@kubets/service";

/** Allows `ratePerSecond` in the long run and `burst` at once. */
export class TokenBucket {
  readonly #ratePerMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #updatedMs: number;

  constructor(options: {
    readonly ratePerSecond: number;
    readonly burst: number;
    readonly clock: Clock;
  }) {
    this.#ratePerMs = options.ratePerSecond / 1000;
    this.#burst = options.burst;
    this.#tokens = options.burst;
    this.#clock = options.clock;
    this.#updatedMs = options.clock.monotonicMs();
  }
  /** Takes a token when there is one now. */
  tryTake(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
  /** Takes a token, perhaps one of the future, and says in how many milliseconds it may be used. */
  reserveMs(): number {
    this.#refill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#ratePerMs;
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const earned = (nowMs - this.#updatedMs) * this.#ratePerMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#updatedMs = nowMs;
  }
}
