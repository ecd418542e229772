/**
 * Removes history that nobody needs any more: what was the newest revision one interval ago becomes the mark.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go @1.36
 */
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { Revision, Storage } from "@kubets/storage";

export interface CompactionOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0: never. */
  readonly intervalMs: number;
}

export function compactionRunnable(options: CompactionOptions): Runnable {
  const { storage, clock, logger, intervalMs } = options;
  let cancel: () => void = () => undefined;
  let running: Promise<void> = Promise.resolve();
  let mark: Revision | undefined;
  let isStopped = false;

  async function compact(): Promise<void> {
    try {
      const now = await storage.currentRevision();
      if (mark !== undefined) await storage.compact(mark);
      mark = now;
    } catch (error) {
      // The next round tries again; history only grows a little meanwhile.
      logger.warn("Compaction failed", { error });
    }
  }
  function schedule(): void {
    if (isStopped) return;
    cancel = clock.setTimer(intervalMs, () => {
      running = compact().finally(schedule);
    });
  }
  return {
    name: "compaction",
    start: () => {
      if (intervalMs > 0) schedule();
      return Promise.resolve();
    },
    stop: () => {
      isStopped = true;
      cancel();
      return running;
    },
  };
}
