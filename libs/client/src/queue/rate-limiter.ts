import type { Clock } from "@kubets/service";
import { TokenBucket } from "./token-bucket.ts";

/** Says how long a key that failed has to wait. */
export interface RateLimiter<K> {
  /** The delay before the next try; each call counts as one more failure. */
  whenMs(key: K): number;
  /** The key is well again: its failures count no more. */
  forget(key: K): void;
  failures(key: K): number;
}

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Delay after the first failure, doubled for each further one. Default 5. */
  readonly baseMs?: number;
  /** Default 1,000,000. */
  readonly maxMs?: number;
  /** Retries of all keys together, per second. Default 10. */
  readonly ratePerSecond?: number;
  /** Default 100. */
  readonly burst?: number;
}

/**
 * The longer of an exponential delay per key and a bucket for all keys.
 *
 * Upstream: client-go util/workqueue/default_rate_limiters.go DefaultTypedControllerRateLimiter @1.36
 */
export function createRateLimiter<K>(options: RateLimiterOptions): RateLimiter<K> {
  const { clock, baseMs = 5, maxMs = 1_000_000, ratePerSecond = 10, burst = 100 } = options;
  const bucket = new TokenBucket({ ratePerSecond, burst, clock });
  const failures = new Map<K, number>();
  return {
    whenMs(key) {
      const failed = failures.get(key) ?? 0;
      failures.set(key, failed + 1);
      return Math.max(Math.min(baseMs * 2 ** failed, maxMs), bucket.reserveMs());
    },
    forget(key) {
      failures.delete(key);
    },
    failures: (key) => failures.get(key) ?? 0,
  };
}
