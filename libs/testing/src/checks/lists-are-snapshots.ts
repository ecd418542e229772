import type { Check } from "./check.ts";

/** A list shows exactly the state at its revision, and that revision is not older than what was known. */
export const listsAreSnapshots: Check = function* (history, index) {
  const keys = [...index.byKey.keys()];
  for (const operation of history.operations) {
    if (operation.kind !== "list") continue;
    const { scope, revision, items, client, startMs } = operation;
    const known = index.knownBefore(startMs);
    if (operation.isExact !== true && revision < known)
      yield `${client} listed ${scope} at ${revision}, but ${known} was known before`;
    for (const key of keys) {
      if (!key.startsWith(scope)) continue;
      const state = index.stateAt(key, revision)?.revision;
      const shown = items.get(key);
      // What was made before the known part of the log cannot be judged.
      if (shown !== undefined && shown <= history.logAfter) continue;
      if (state !== shown) {
        yield `${client} listed ${scope} at ${revision}: ${key} is ${shown}, but was ${state}`;
      }
    }
    for (const key of items.keys()) {
      if (!index.byKey.has(key) && (items.get(key) ?? 0n) > history.logAfter) {
        yield `${client} listed ${key}, which was never written`;
      }
    }
  }
};
