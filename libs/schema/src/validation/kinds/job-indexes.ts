/** Indexes of an Indexed Job as texts: "1,3-5,7". Upstream: pkg/apis/batch/validation validateIndexesFormat @1.36 */
import { goQuote } from "../go-quote.ts";

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** How many indexes the text names; a text says what is wrong with it. */
export function countIndexes(indexes: string, completions: number): number | string {
  if (indexes === "") return 0;
  let total = 0;
  let last: number | undefined;
  for (const text of indexes.split(",")) {
    const interval = parseInterval(text, completions);
    if (typeof interval === "string") return interval;
    const { from, to } = interval;
    if (last !== undefined && last >= from) return notIncreasing(last, from);
    total += to - from + 1;
    last = to;
  }
  return total;
}

/** The first index that both texts name. */
export function overlapOf(
  completed: string,
  failed: string,
  completions: number,
): number | undefined {
  const left = intervalsOf(completed, completions);
  const right = intervalsOf(failed, completions);
  let [i, j] = [0, 0];
  for (;;) {
    const one = left[i];
    const other = right[j];
    if (one === undefined || other === undefined) return undefined;
    if (one.from <= other.to && other.from <= one.to) return Math.max(one.from, other.from);
    if (one.from <= other.from) i += 1;
    else j += 1;
  }
}

function intervalsOf(text: string, completions: number): Interval[] {
  if (text === "") return [];
  return text.split(",").flatMap((part) => {
    const interval = parseInterval(part, completions);
    return typeof interval === "string" ? [] : [interval];
  });
}

function parseInterval(text: string, completions: number): Interval | string {
  const limits = text.split("-");
  if (limits.length > 2) {
    return `the fragment ${goQuote(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  for (const limit of limits) {
    if (!/^\+?\d{1,18}$/.test(limit)) {
      return `cannot convert string to integer for index: ${goQuote(limit)}`;
    }
    if (Number(limit) >= completions) return `too large index: ${goQuote(limit)}`;
  }
  const [from = 0, to] = limits.map(Number);
  if (to === undefined) return { from, to: from };
  return from >= to ? notIncreasing(from, to) : { from, to };
}

function notIncreasing(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`;
}
