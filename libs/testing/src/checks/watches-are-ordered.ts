import type { Check } from "./check.ts";

/** Revisions of a watch only rise: no event comes twice, early or late, nor below a bookmark. */
export const watchesAreOrdered: Check = function* (history) {
  for (const { name, after, events } of history.watches) {
    let last = after;
    let bookmark = -1n;
    for (const event of events) {
      const { type, revision } = event;
      if (type === "BOOKMARK") {
        if (revision < last) yield `${name} has a bookmark at ${revision} behind ${last}`;
        if (revision > last) last = revision;
        bookmark = revision;
        continue;
      }
      if (revision <= bookmark) yield `${name} shows ${revision} after the bookmark ${bookmark}`;
      else if (revision === last) yield `${name} shows revision ${revision} twice`;
      else if (revision < last) yield `${name} shows revision ${revision} behind ${last}`;
      if (revision > last) last = revision;
    }
  }
};
