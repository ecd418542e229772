/**
 * Picks a free number of a range and claims it. The lower band is kept for numbers that people choose
 * themselves and is used last.
 *
 * Upstream: pkg/registry/core/service/ipallocator/ipallocator.go AllocateNextService @1.36
 */
import type { Randomness } from "../../randomness.ts";
import type { ClaimPool, ServiceName } from "./claim-pool.ts";

export interface NumberedRange {
  readonly size: number;
  /** Numbers from 0 up to here are given out last. */
  readonly offset: number;
  /** The name that the nth claim has. */
  at(index: number): string;
}

/** undefined: every number is taken. */
export async function allocateNext(
  pool: ClaimPool,
  range: NumberedRange,
  { owner, randomness, dryRun }: { owner: ServiceName; randomness: Randomness; dryRun: boolean },
): Promise<string | undefined> {
  for (const { from, count } of bandsOf(range)) {
    if (count === 0) continue;
    const start = randomness.below(count);
    for (let i = 0; i < count; i++) {
      const name = range.at(from + ((start + i) % count));
      if (pool.isTaken(name)) continue;
      if (dryRun || (await pool.take(name, owner))) return name;
    }
  }
  return undefined;
}

function bandsOf({ size, offset }: NumberedRange): { from: number; count: number }[] {
  return [
    { from: offset, count: size - offset },
    { from: 0, count: offset },
  ];
}

/** Upstream: ipallocator.go calculateRangeOffset, portallocator allocator.go calculateRangeOffset @1.36 */
export function rangeOffset(
  size: number,
  { step, min, max }: { step: number; min: number; max: number },
): number {
  if (min >= size) return 0;
  const offset = Math.floor(size / step);
  if (offset < min) return min;
  return Math.min(offset, max);
}
