/** The scheduler as a part of a process: follows the cluster from the start, schedules while it leads. */
import type { Fence, LeaderElector } from "@kubets/client";
import type { HealthChecks, Runnable } from "@kubets/service";
import type { Scheduler } from "./scheduler.ts";

export interface SchedulerRunnableOptions {
  readonly scheduler: Scheduler;
  /** Absent: schedules without asking. */
  readonly elector?: LeaderElector;
  /** Told when this process begins to lead: every write from then on must carry the fence, also those that end late. */
  readonly onFence: (fence: Fence) => void;
  readonly health: HealthChecks;
  /** The process cannot go on. */
  readonly onFailure: (error: Error) => void;
}

/** Upstream's leader election watchdog tolerance. */
const OVERDUE_MS = 20_000;

export function schedulerRunnable(options: SchedulerRunnableOptions): Runnable {
  const { scheduler, elector, onFence, health, onFailure } = options;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  health.add({
    name: "informer-sync",
    on: ["readyz"],
    check: () => {
      if (!scheduler.hasSynced) throw new Error("informers have not synced");
    },
  });
  if (elector !== undefined) {
    health.add({
      name: "leaderElection",
      on: ["healthz", "livez"],
      check: () => {
        if (elector.isOverdue(OVERDUE_MS))
          throw new Error("failed election to renew leadership on lease");
      },
    });
  }
  const run = async (signal: AbortSignal) => {
    if (elector === undefined) return scheduler.run(signal);
    const end = await elector.run(async (fence, leading) => {
      onFence(fence);
      await scheduler.run(leading);
    }, signal);
    if (end === "lost") onFailure(new Error("leader election lost"));
  };
  return {
    name: "scheduler",
    async start(signal) {
      await scheduler.start();
      running = run(AbortSignal.any([signal, stopping.signal])).catch((error: unknown) => {
        if (!stopping.signal.aborted && !signal.aborted) {
          onFailure(new Error("the scheduler ended", { cause: error }));
        }
      });
    },
    async stop() {
      stopping.abort();
      await running;
      await scheduler.stop();
    },
  };
}
