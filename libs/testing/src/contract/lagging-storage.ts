import type { Clock } from "@kubets/service";
import type { LogBatch, Storage } from "@kubets/storage";

/** A replica far away from the others: it hears of every commit, its own too, only so much later. All else is as it was. */
export function laggingStorage(inner: Storage, clock: Clock, lagMs: number): Storage {
  return {
    write: (write) => inner.write(write),
    get: (key) => inner.get(key),
    list: (scope, options) => inner.list(scope, options),
    loadAll: () => inner.loadAll(),
    currentRevision: () => inner.currentRevision(),
    compactedRevision: () => inner.compactedRevision(),
    readLog: (after, limit) => inner.readLog(after, limit),
    compact: (revision) => inner.compact(revision),
    clusterId: () => inner.clusterId(),
    close: () => inner.close(),
    subscribe: (after, onBatch, onEnd) => {
      let isClosed = false;
      const later = (batch: LogBatch) => {
        clock.setTimer(lagMs, () => {
          if (!isClosed) onBatch(batch);
        });
      };
      const subscription = inner.subscribe(after, later, onEnd);
      return {
        close: () => {
          isClosed = true;
          return subscription.close();
        },
      };
    },
  };
}
