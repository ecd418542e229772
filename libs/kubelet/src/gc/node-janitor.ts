/**
 * Clears away what is left over: old containers of pods that restart, cgroups, volumes and logs of pods that
 * are gone, logs that grew too long.
 *
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_gc.go, pkg/kubelet/kubelet_pods.go HandlePodCleanups,
 * pkg/kubelet/logs/container_log_manager.go @1.36
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";
import { CONTAINER_NAME_LABEL, POD_UID_LABEL } from "../container/labels.ts";
import { rotateLog } from "../logs/rotate-log.ts";
import { uidOf } from "../pod/pod-facts.ts";
import type { PodContext } from "../worker/pod-context.ts";
import type { PodWorkers } from "../worker/pod-workers.ts";

export interface NodeJanitorOptions {
  readonly context: PodContext;
  readonly workers: PodWorkers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The pods of the node are known; before that nothing is left over for certain. */
  readonly isSynced: () => boolean;
}

/** Upstream: ContainerGCPeriod */
const PERIOD_MS = 60_000;
/** Ended containers kept for each name, for `logs --previous`. Upstream: MaxPerPodContainer. */
const ENDED_KEPT = 1;

export class NodeJanitor implements Runnable {
  readonly name = "janitor";
  readonly #options: NodeJanitorOptions;
  readonly #stopping = new AbortController();
  #task: Promise<void> | undefined;

  constructor(options: NodeJanitorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#task = this.#runForever();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task;
  }

  /** One round. Each part goes on where another fails. */
  async tidy(): Promise<void> {
    if (!this.#options.isSynced()) return;
    const parts = [
      () => this.#removeOldContainers(),
      () => this.#removeLeftPods(),
      () => this.#removeLeftLogs(),
      () => this.#rotateLogs(),
    ];
    for (const part of parts) {
      await part().catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) {
          this.#options.logger.warn("a part of clearing up failed", { error });
        }
      });
    }
  }

  async #runForever(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(this.#options.clock, PERIOD_MS, signal).catch(() => {});
      if (!signal.aborted) await this.tidy();
    }
  }

  async #removeOldContainers(): Promise<void> {
    const { runtime } = this.#options.context;
    const containers = await runtime.listContainers();
    const newestFirst = containers.sort((a, b) => b.createdAtMs - a.createdAtMs);
    const seen = new Map<string, number>();
    for (const { id, labels, state } of newestFirst) {
      const uid = labels[POD_UID_LABEL];
      if (uid === undefined || state !== "exited") continue;
      const key = `${uid}/${labels[CONTAINER_NAME_LABEL]}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      if (count > ENDED_KEPT + 1) await runtime.removeContainer(id);
    }
  }

  async #removeLeftPods(): Promise<void> {
    const { context } = this.#options;
    const left = new Set([
      ...(await context.volumes.podUids()),
      ...(await context.cgroups.podUids()),
    ]);
    // Asked for afterwards: a pod that came meanwhile is known.
    const known = this.#knownUids();
    for (const uid of left) {
      if (known.has(uid)) continue;
      await context.volumes.remove(uid);
      await context.cgroups.remove(uid);
    }
  }

  async #removeLeftLogs(): Promise<void> {
    const { podLogsDir } = this.#options.context;
    const names = await readdir(podLogsDir).catch((): string[] => []);
    const known = this.#knownUids();
    for (const name of names) {
      const uid = name.split("_").at(-1) ?? "";
      const isOurs = name.split("_").length === 3;
      if (isOurs && !known.has(uid)) {
        await rm(join(podLogsDir, name), { recursive: true, force: true });
      }
    }
  }

  async #rotateLogs(): Promise<void> {
    const { context, logger } = this.#options;
    const containers = await context.runtime.listContainers();
    for (const { id, state } of containers) {
      if (state !== "running") continue;
      const status = await context.runtime.containerStatus(id).catch(() => undefined);
      if (status === undefined || status.logPath === "") continue;
      await rotateLog(status.logPath, () => context.runtime.reopenContainerLog(id)).catch(
        (error: unknown) => logger.warn("a log could not be rotated", { containerId: id, error }),
      );
    }
  }

  #knownUids(): Set<string> {
    const { workers, context } = this.#options;
    return new Set([
      ...workers.list().map((worker) => uidOf(worker.pod)),
      ...context.runtimeWatch.pods.map(({ uid }) => uid),
    ]);
  }
}
