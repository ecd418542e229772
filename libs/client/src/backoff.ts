export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** The delay is stretched by a random part of itself up to this factor. Default 1. */
  readonly jitter?: number;
  readonly random: () => number;
}

/** The delay before try number `failures` + 1; the first failure is 1. */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const { baseMs, maxMs, jitter = 1, random } = options;
  const delayMs = Math.min(baseMs * 2 ** Math.min(failures - 1, 30), maxMs);
  return delayMs * (1 + jitter * random());
}
