/**
 * Sets of completion indexes as texts: "0,2-5,9".
 *
 * Upstream: pkg/controller/job/indexed_job_utils.go @1.36
 */
import type { Pod } from "@kubets/api/core/v1";

export const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";

/** Indexes below `completions`; what is no interval is left out. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const { first, last } of parseIntervals(text ?? "", completions)) {
    for (let index = first; index <= last; index++) indexes.add(index);
  }
  return indexes;
}

export interface Interval {
  readonly first: number;
  readonly last: number;
}

/** The same as intervals, in order and apart: a short text of a user's may stand for billions of indexes. */
export function parseIntervals(text: string, completions: number): Interval[] {
  const given: Interval[] = [];
  for (const part of text.split(",")) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range === null) continue;
    const first = Number(range[1]);
    const last = Math.min(Number(range[2] ?? range[1]), completions - 1);
    if (first <= last) given.push({ first, last });
  }
  given.sort((a, b) => a.first - b.first);
  const apart: Interval[] = [];
  for (const interval of given) {
    const before = apart.at(-1);
    if (before === undefined || interval.first > before.last) apart.push(interval);
    else apart[apart.length - 1] = { ...before, last: Math.max(before.last, interval.last) };
  }
  return apart;
}

export function intervalsSize(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

export function isInIntervals(intervals: readonly Interval[], index: number): boolean {
  let [low, high] = [0, intervals.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const interval = intervals[middle];
    if (interval === undefined) return false;
    if (index < interval.first) high = middle - 1;
    else if (index > interval.last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Runs of three and more are written as ranges. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    const first = sorted[at] ?? 0;
    let last = first;
    while (sorted[at + 1] === last + 1) {
      last++;
      at++;
    }
    at++;
    if (first === last) parts.push(String(first));
    else if (last === first + 1) parts.push(String(first), String(last));
    else parts.push(`${first}-${last}`);
  }
  return parts.join(",");
}

/** Undefined where the pod has none, or none that the Job knows. */
export function completionIndex(pod: Pod, completions: number): number | undefined {
  const text = pod.metadata.annotations?.[COMPLETION_INDEX] ?? "";
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const index = Number(text);
  return index < completions ? index : undefined;
}

/** The first `count` indexes below `completions` that are in none of the sets. */
export function firstFreeIndexes(
  count: number,
  completions: number,
  taken: readonly ReadonlySet<number>[],
): number[] {
  const free: number[] = [];
  for (let index = 0; index < completions && free.length < count; index++) {
    if (!taken.some((set) => set.has(index))) free.push(index);
  }
  return free;
}
