const GATHER_MS_MAX = 100;

/**
 * How long changes of one owner's pods wait for each other: a look at all pods of a large set for each of their
 * changes would cost the square of their number. Small sets do not wait.
 */
export function gatherMs(replicas: number): number {
  return Math.min(GATHER_MS_MAX, Math.floor(replicas / 10));
}
