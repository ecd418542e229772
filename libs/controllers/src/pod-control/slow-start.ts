/**
 * Does `count` alike things in batches of 1, 2, 4, …; the first batch with a failure is the last one, so that what
 * cannot work is not tried a thousand times.
 *
 * Upstream: pkg/controller/replicaset/replica_set.go slowStartBatch @1.36
 */
export interface SlowStartResult {
  readonly succeeded: number;
  /** Tried and failed. */
  readonly failed: number;
  /** The first failure. */
  readonly error?: unknown;
}

export async function slowStart(
  count: number,
  task: (index: number) => Promise<unknown>,
): Promise<SlowStartResult> {
  let done = 0;
  let succeeded = 0;
  for (let size = Math.min(1, count); size > 0; size = Math.min(2 * size, count - done)) {
    const first = done;
    const results = await Promise.allSettled(
      Array.from({ length: size }, (_, index) => task(first + index)),
    );
    done += size;
    const failures = results.filter((result) => result.status === "rejected");
    succeeded += size - failures.length;
    const [failure] = failures;
    if (failure !== undefined) {
      return { succeeded, failed: failures.length, error: failure.reason };
    }
  }
  return { succeeded, failed: 0 };
}
