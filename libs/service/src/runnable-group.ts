import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { Runnable } from "./runnable.ts";

export interface RunnableGroupOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** All stops together; what has not ended by then is given up on, and said. Default 60 s. */
  readonly stopTimeoutMs?: number;
}

/** A part did not start; `cause` says why. */
export class StartError extends Error {
  readonly runnable: string;
  constructor(runnable: string, cause: unknown) {
    super(`cannot start ${runnable}`, { cause });
    this.name = "StartError";
    this.runnable = runnable;
  }
}

const STOP_TIMEOUT_MS = 60_000;

/**
 * The one place where start and stop order is carried out: parts start one after the other in the order of the list
 * and stop in the reverse order, each at most once, also when a later one failed to start.
 */
export class RunnableGroup {
  readonly #runnables: readonly Runnable[];
  readonly #options: RunnableGroupOptions;
  readonly #begun: Runnable[] = [];
  #stopping: Promise<boolean> | undefined;

  constructor(runnables: readonly Runnable[], options: RunnableGroupOptions) {
    this.#runnables = runnables;
    this.#options = options;
  }

  /** Throws StartError, or the signal's reason when it is aborted between two parts. */
  async start(signal: AbortSignal): Promise<void> {
    const { logger, clock } = this.#options;
    for (const runnable of this.#runnables) {
      signal.throwIfAborted();
      this.#begun.push(runnable);
      const beganMs = clock.monotonicMs();
      try {
        await runnable.start(signal);
      } catch (error) {
        throw new StartError(runnable.name, error);
      }
      const tookMs = Math.round(clock.monotonicMs() - beganMs);
      logger.debug("Started", { runnable: runnable.name, tookMs });
    }
  }

  /** Never throws: a part that fails to stop is logged and the next one stops. False: something failed or hung. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<boolean> {
    const { logger, clock } = this.#options;
    let clean = true;
    let expired = false;
    let expire: () => void = () => undefined;
    const deadline = new Promise<void>((resolve) => {
      expire = resolve;
    });
    const cancel = clock.setTimer(this.#options.stopTimeoutMs ?? STOP_TIMEOUT_MS, () => {
      expired = true;
      expire();
    });
    for (const runnable of this.#begun.toReversed()) {
      const stopped = this.#stopOne(runnable);
      const outcome = await Promise.race([stopped, deadline.then(() => "expired" as const)]);
      if (outcome !== "stopped") clean = false;
      if (expired) {
        logger.error("Did not stop in time", { runnable: runnable.name });
        break;
      }
    }
    cancel();
    return clean;
  }

  async #stopOne(runnable: Runnable): Promise<"stopped" | "failed"> {
    try {
      await runnable.stop();
      this.#options.logger.debug("Stopped", { runnable: runnable.name });
      return "stopped";
    } catch (error) {
      this.#options.logger.error("Stopping failed", { runnable: runnable.name, error });
      return "failed";
    }
  }
}
