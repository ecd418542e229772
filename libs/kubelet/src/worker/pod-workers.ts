/**
 * The workers of all pods of this node: made for pods that the API assigns to it and for pods that only the
 * runtime still knows, woken when something concerns them.
 */
import type { Pod } from "@kubets/api/core/v1";
import type { Logger } from "@kubets/service";
import { nameOf, namespaceOf, uidOf } from "../pod/pod-facts.ts";
import type { RuntimePod } from "../runtime/runtime-watch.ts";
import type { PodContext } from "./pod-context.ts";
import { PodWorker } from "./pod-worker.ts";

export interface PodWorkersOptions {
  /** Bound late: the context's parts wake the workers. */
  readonly context: () => PodContext;
  readonly logger: Logger;
}

const CLEARED_MAX = 1000;

export class PodWorkers {
  readonly #options: PodWorkersOptions;
  readonly #workers = new Map<string, PodWorker>();
  /** Names can be taken again while the last pod of that name still ends; the new one waits. */
  readonly #waiting = new Map<string, Pod>();
  /** Pods whose last worker has cleared them away: a list of the runtime made before may still name them. */
  readonly #cleared = new Set<string>();
  #isStopped = false;

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  list(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  /** The pod as the API has it now. */
  update(pod: Pod): void {
    const uid = uidOf(pod);
    const known = this.#workers.get(uid);
    if (known !== undefined) {
      known.update(pod);
      return;
    }
    if (this.#isStopped) return;
    if (this.#namesakeOf(pod) !== undefined) {
      this.#waiting.set(uid, pod);
      return;
    }
    this.#start(pod, false);
  }

  removedFromApi(pod: Pod): void {
    this.#waiting.delete(uidOf(pod));
    this.#workers.get(uidOf(pod))?.removedFromApi(pod);
  }

  /** A pod that runs here and that the API does not know. */
  adoptOrphan(found: RuntimePod): void {
    if (this.#workers.has(found.uid) || this.#cleared.has(found.uid) || this.#isStopped) return;
    this.#options.logger.info("ending a pod that the API does not know", { podUid: found.uid });
    const { uid, name, namespace } = found;
    const pod: Pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { uid, name, namespace },
      spec: { containers: [] },
    };
    this.#start(pod, true);
  }

  runtimeChanged(podUid: string): void {
    this.#workers.get(podUid)?.wake();
  }
  probeChanged(podUid: string): void {
    this.#workers.get(podUid)?.wake();
  }
  configChanged(podUids: readonly string[]): void {
    for (const uid of podUids) this.#workers.get(uid)?.configChanged();
  }
  wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  #start(pod: Pod, isOrphan: boolean): void {
    const worker = new PodWorker(this.#options.context(), pod, {
      isOrphan,
      onGone: (uid) => this.#gone(uid),
    });
    this.#workers.set(uidOf(pod), worker);
    worker.wake();
  }

  #gone(podUid: string): void {
    this.#workers.delete(podUid);
    this.#cleared.add(podUid);
    for (const uid of this.#cleared) {
      if (this.#cleared.size <= CLEARED_MAX) break;
      this.#cleared.delete(uid);
    }
    for (const [uid, pod] of this.#waiting) {
      if (this.#namesakeOf(pod) !== undefined) continue;
      this.#waiting.delete(uid);
      this.#start(pod, false);
    }
  }

  #namesakeOf(pod: Pod): PodWorker | undefined {
    return this.list().find(
      (worker) =>
        nameOf(worker.pod) === nameOf(pod) &&
        namespaceOf(worker.pod) === namespaceOf(pod) &&
        uidOf(worker.pod) !== uidOf(pod),
    );
  }
}
