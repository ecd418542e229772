/** Something that is done again and again until it is stopped, one at a time. */
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";

export interface RepeatOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  /** Called at the start and then after each interval; a failure is logged and the next round tries again. */
  readonly task: (signal: AbortSignal) => Promise<void>;
  /** Runs when everything else has stopped. */
  readonly atStop?: () => Promise<void>;
  /** The first round must succeed for the start to succeed. Default: false. */
  readonly firstMustSucceed?: boolean;
}

export function repeat(options: RepeatOptions): Runnable {
  const { name, clock, logger, intervalMs, task } = options;
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const attempt = async () => {
    try {
      await task(stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) logger.warn("a repeated task failed", { task: name, error });
    }
  };
  const rounds = async () => {
    while (!stopping.signal.aborted) {
      try {
        await sleep(clock, intervalMs, stopping.signal);
      } catch {
        // Stopped while it waited.
        return;
      }
      await attempt();
    }
  };

  return {
    name,
    async start(signal) {
      if (options.firstMustSucceed) await task(signal);
      else await attempt();
      running = rounds();
    },
    async stop() {
      stopping.abort();
      await running;
      await options.atStop?.();
    },
  };
}
