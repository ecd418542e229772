/**
 * The worker loop of a controller: takes keys from its queue and reconciles them until the signal.
 *
 * A reconciler gets a key and nothing else: it reads the present state, compares, and writes the
 * difference; it can be run twice. Guarantees: one key is with one worker at a time; a key whose
 * reconciling failed comes back after its back-off.
 *
 * Upstream: controller-runtime pkg/internal/controller/controller.go reconcileHandler
 */
import type { Logger, Runnable } from "@kubets/service";
import type { InformerRunnable } from "../informer/informer.ts";
import type { WorkQueue } from "../queue/work-queue.ts";

export type ReconcileResult =
  | { readonly kind: "done" }
  /** Well, but look again after this time; its failures are forgotten. */
  | { readonly kind: "requeueAfter"; readonly afterMs: number }
  /** Not well: again after the key's back-off. A thrown error means the same. */
  | { readonly kind: "error"; readonly error: unknown }
  /** Not well, and another try would not help; waits for the next event. */
  | { readonly kind: "terminal"; readonly error: unknown };

export const DONE: ReconcileResult = { kind: "done" };

export type Reconcile<K = string> = (key: K, signal: AbortSignal) => Promise<ReconcileResult>;

export interface ControllerOptions<K = string> {
  readonly name: string;
  readonly queue: WorkQueue<K>;
  readonly reconcile: Reconcile<K>;
  /** Default 1. Upstream's `--concurrent-*-syncs`. */
  readonly workers?: number;
  /** Tries before a key is given up until its next event. Default: no limit. */
  readonly retriesMax?: number;
  readonly logger: Logger;
  /** What must have synced before the first key is taken. */
  readonly informers?: readonly Pick<InformerRunnable, "waitForSync">[];
}

/** Resolves when the signal has ended the work and every worker has given its key back. */
export async function runController<K = string>(
  options: ControllerOptions<K>,
  signal: AbortSignal,
): Promise<void> {
  const { queue, workers = 1, informers = [] } = options;
  const stop = () => queue.shutDown();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.all(informers.map((informer) => informer.waitForSync(signal)));
    await Promise.all(Array.from({ length: workers }, () => work(options, signal)));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The same as a part of a process: runs between `start` and `stop`. */
export function controllerRunnable<K = string>(options: ControllerOptions<K>): Runnable {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  return {
    name: options.name,
    start(signal) {
      running = runController(options, AbortSignal.any([signal, stopping.signal]));
      running.catch((error: unknown) => {
        options.logger.error("the controller ended", { controller: options.name, error });
      });
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      options.queue.shutDown();
      await running?.catch(() => {});
    },
  };
}

async function work<K>(options: ControllerOptions<K>, signal: AbortSignal): Promise<void> {
  const { queue } = options;
  for (;;) {
    const key = await queue.get();
    if (key === undefined || signal.aborted) {
      if (key !== undefined) queue.done(key);
      return;
    }
    const result = await reconcileOne(options, key, signal);
    settle(options, key, result);
    queue.done(key);
  }
}

async function reconcileOne<K>(
  options: ControllerOptions<K>,
  key: K,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  try {
    return await options.reconcile(key, signal);
  } catch (error) {
    return { kind: "error", error };
  }
}

function settle<K>(options: ControllerOptions<K>, key: K, result: ReconcileResult): void {
  const { queue, logger, name, retriesMax = Number.POSITIVE_INFINITY } = options;
  switch (result.kind) {
    case "done":
      queue.forget(key);
      return;
    case "requeueAfter":
      queue.forget(key);
      queue.addAfter(key, result.afterMs);
      return;
    case "terminal":
      queue.forget(key);
      logger.error("reconciling failed for good", { controller: name, key, error: result.error });
      return;
    case "error":
      if (queue.isShutDown) return;
      if (queue.failures(key) >= retriesMax) {
        queue.forget(key);
        logger.error("reconciling failed too often", {
          controller: name,
          key,
          error: result.error,
        });
        return;
      }
      logger.warn("reconciling failed", {
        controller: name,
        key,
        failures: queue.failures(key) + 1,
        error: result.error,
      });
      queue.addRateLimited(key);
  }
}
