/** What every workload against a running cluster has: a kubeconfig in, one line of figures out. */
import type { ApiConnection } from "./api-connection.ts";

export interface WorkloadOptions {
  readonly api: ApiConnection;
  /** For progress; results go to stdout. */
  say(text: string): void;
  /** A short run for a look; the full one is what the README quotes. */
  readonly short: boolean;
}

export interface Workload {
  readonly id: string;
  readonly description: string;
  run(options: WorkloadOptions): Promise<readonly Figure[]>;
}

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

/** `sorted` is in ascending order; `part` from 0 to 1. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Runs `count` numbered tasks with `width` of them under way; returns each one's milliseconds. */
export async function inParallel(
  count: number,
  width: number,
  task: (index: number) => Promise<void>,
): Promise<number[]> {
  const took = new Array<number>(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      const began = performance.now();
      await task(index);
      took[index] = performance.now() - began;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return took;
}
