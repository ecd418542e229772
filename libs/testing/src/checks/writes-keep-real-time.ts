import type { Check } from "./check.ts";

/** A write that begins after something is known has a greater revision than that. */
export const writesKeepRealTime: Check = function* (history, index) {
  for (const operation of history.operations) {
    if (operation.kind !== "write" || operation.outcome.status !== "committed") continue;
    const { revision } = operation.outcome;
    const known = index.knownBefore(operation.startMs);
    if (revision <= known) {
      yield `the ${operation.op} of ${operation.key} has revision ${revision}, but ${known} was known before it began`;
    }
  }
};
