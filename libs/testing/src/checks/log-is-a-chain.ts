import type { LogRecord } from "../history/history.ts";
import type { Check } from "./check.ts";

/** Each change replaces exactly the state before it: nobody overwrote what he had not seen. */
export const logIsAChain: Check = function* (history) {
  const last = new Map<string, LogRecord>();
  for (const record of history.log) {
    const before = last.get(record.key);
    const { revision, type, key, previousRevision } = record;
    if (type === "create") {
      if (before !== undefined && before.type !== "delete") {
        yield `revision ${revision} creates ${key}, which is there since ${before.revision}`;
      }
    } else if (before === undefined) {
      // What it replaced lies before the part of the log that is known.
      if (previousRevision === undefined || previousRevision > history.logAfter) {
        yield `revision ${revision} changes ${key}, which was never made`;
      }
    } else if (before.type === "delete") {
      yield `revision ${revision} changes ${key}, which was deleted by ${before.revision}`;
    } else if (previousRevision !== before.revision) {
      yield `revision ${revision} of ${key} replaces ${previousRevision}, but ${before.revision} was there`;
    }
    last.set(key, record);
  }
};
