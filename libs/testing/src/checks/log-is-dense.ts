import type { Check } from "./check.ts";

/** Revisions follow each other without a gap or a double, but for the jump of a new epoch. */
export const logIsDense: Check = function* (history) {
  let before = history.logAfter;
  const jumps = new Map(history.jumps?.map(({ from, to }) => [from, to]));
  for (const { revision } of history.log) {
    const expected = (jumps.get(before) ?? before) + 1n;
    if (revision === before) yield `revision ${revision} stands in the log twice`;
    else if (revision !== expected) {
      yield `behind revision ${before} comes ${revision}, not ${expected}`;
    }
    before = revision;
  }
};
