import type { Plugin } from "../framework/plugin.ts";

/** The more important pod first, then the one that has waited longer. Upstream: queuesort/priority_sort.go @1.36 */
export const prioritySort: Plugin = {
  name: "PrioritySort",
  less(a, b) {
    const difference = a.info.priority - b.info.priority;
    return difference > 0 || (difference === 0 && a.enqueuedMs < b.enqueuedMs);
  },
};
