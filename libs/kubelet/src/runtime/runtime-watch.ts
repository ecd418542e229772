/**
 * Tells which pods changed in the runtime: by its events at once, and by a list each second, which finds
 * what events missed. A list of hundreds of containers costs a few milliseconds.
 *
 * Upstream: pkg/kubelet/pleg/generic.go @1.36
 */
import type {
  ContainerRuntime,
  ContainerState,
  ContainerSummary,
  SandboxSummary,
} from "@kubets/cri";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";
import { POD_NAME_LABEL, POD_NAMESPACE_LABEL, POD_UID_LABEL } from "../container/labels.ts";
import type { PodRuntime } from "../pod/pod-runtime.ts";

export interface RuntimePod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

export interface RuntimeCounts {
  readonly readySandboxes: number;
  readonly containers: Readonly<Record<ContainerState, number>>;
}

export interface RuntimeWatchOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onPodChanged: (podUid: string) => void;
  /** After each list: how long it took and what it found. */
  readonly onRelist?: (seconds: number, found: RuntimeCounts) => void;
}

const RELIST_MS = 1000;
const RESUBSCRIBE_MS = 1000;
const FIRST_LOOK_MS = 10;
/** Upstream: relistThreshold; after it the node is not ready. */
const UNHEALTHY_AFTER_MS = 180_000;

export class RuntimeWatch implements Runnable {
  readonly name = "runtime-watch";
  readonly #options: RuntimeWatchOptions;
  readonly #stopping = new AbortController();
  readonly #summaries = new Map<string, string>();
  readonly #owners = new Map<string, string>();
  /** Containers and sandboxes that ended by an event, and how long to wait for the runtime to say so too. */
  readonly #endings = new Map<string, number>();
  #pods: readonly RuntimePod[] = [];
  #relistedAtMs: number | undefined;
  #relist: { running: Promise<void>; again: boolean } | undefined;
  #tasks: Promise<void>[] = [];

  constructor(options: RuntimeWatchOptions) {
    this.#options = options;
  }

  /** Every pod that has anything in the runtime, as of the last list. */
  get pods(): readonly RuntimePod[] {
    return this.#pods;
  }

  /** Why the node is not healthy, or undefined. */
  unhealthy(): string | undefined {
    const now = this.#options.clock.monotonicMs();
    if (this.#relistedAtMs === undefined)
      return "PLEG is not healthy: pleg has yet to be successful";
    const ageMs = now - this.#relistedAtMs;
    if (ageMs <= UNHEALTHY_AFTER_MS) return undefined;
    return `PLEG is not healthy: pleg was last seen active ${Math.round(ageMs / 1000)}s ago; threshold is 3m0s`;
  }

  async start(): Promise<void> {
    await this.relist();
    this.#tasks = [this.#relistForever(), this.#followEvents()];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#tasks);
  }

  /** The worker has just read this; the next list need not tell it about the same. */
  note(podUid: string, runtime: PodRuntime): void {
    const parts = [
      ...runtime.sandboxes.map(({ id, ready }) => `${id}:${ready}`),
      ...runtime.containers.map(({ id, state }) => `${id}:${state}`),
    ];
    if (parts.length === 0) this.#summaries.delete(podUid);
    else this.#summaries.set(podUid, parts.sort().join(" "));
    for (const { id } of [...runtime.sandboxes, ...runtime.containers]) {
      this.#owners.set(id, podUid);
    }
    const live = [
      ...runtime.sandboxes.filter(({ ready }) => ready),
      ...runtime.containers.filter(({ state }) => state === "running"),
    ];
    this.#awaitEndings(podUid, new Set(live.map(({ id }) => id)));
  }

  /**
   * The event of an exit may come before the runtime's own books show it. Looking again soon, and then ever
   * later, beats waiting for the next list.
   */
  #awaitEndings(podUid: string, live: ReadonlySet<string>): void {
    for (const [id, delayMs] of this.#endings) {
      if (this.#owners.get(id) !== podUid) continue;
      if (!live.has(id) || delayMs > RELIST_MS) {
        this.#endings.delete(id);
        continue;
      }
      this.#endings.set(id, delayMs * 2);
      this.#options.clock.setTimer(delayMs, () => {
        if (!this.#stopping.signal.aborted) this.#options.onPodChanged(podUid);
      });
    }
  }

  /** Lists now. Calls that come while one runs share the next. */
  relist(): Promise<void> {
    const current = this.#relist;
    if (current !== undefined) {
      current.again = true;
      return current.running;
    }
    const entry = { running: Promise.resolve(), again: false };
    const run = async () => {
      do {
        entry.again = false;
        await this.#relistOnce();
      } while (entry.again && !this.#stopping.signal.aborted);
    };
    entry.running = run().finally(() => {
      this.#relist = undefined;
    });
    this.#relist = entry;
    return entry.running;
  }

  async #relistForever(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(clock, RELIST_MS, signal).catch(() => {});
      if (signal.aborted) return;
      await this.relist().catch((error: unknown) => {
        if (!signal.aborted) logger.warn("the runtime could not be listed", { error });
      });
    }
  }

  async #relistOnce(): Promise<void> {
    const { runtime, clock, onRelist } = this.#options;
    const startMs = clock.monotonicMs();
    const call = { signal: this.#stopping.signal };
    // What becomes known while the list is under way may be missing from it.
    const known = [...this.#owners.keys(), ...this.#endings.keys()];
    const [sandboxes, containers] = await Promise.all([
      runtime.listSandboxes(undefined, call),
      runtime.listContainers(undefined, call),
    ]);
    this.#relistedAtMs = clock.monotonicMs();
    this.#compare(sandboxes, containers);
    onRelist?.((this.#relistedAtMs - startMs) / 1000, counts(sandboxes, containers));
    const seen = new Set([...sandboxes, ...containers].map(({ id }) => id));
    for (const id of known) {
      if (seen.has(id)) continue;
      this.#owners.delete(id);
      this.#endings.delete(id);
    }
  }

  #compare(sandboxes: readonly SandboxSummary[], containers: readonly ContainerSummary[]): void {
    const parts = new Map<string, string[]>();
    const pods = new Map<string, RuntimePod>();
    const add = (labels: Readonly<Record<string, string>>, id: string, state: string) => {
      const uid = labels[POD_UID_LABEL];
      if (uid === undefined) return;
      const list = parts.get(uid) ?? [];
      list.push(`${id}:${state}`);
      parts.set(uid, list);
      this.#owners.set(id, uid);
      const name = labels[POD_NAME_LABEL] ?? "";
      pods.set(uid, { uid, name, namespace: labels[POD_NAMESPACE_LABEL] ?? "" });
    };
    for (const { labels, id, ready } of sandboxes) add(labels, id, String(ready));
    for (const { labels, id, state } of containers) add(labels, id, state);
    this.#pods = [...pods.values()];
    const changed: string[] = [];
    for (const [uid, list] of parts) {
      const summary = list.sort().join(" ");
      if (this.#summaries.get(uid) !== summary) {
        this.#summaries.set(uid, summary);
        changed.push(uid);
      }
    }
    for (const uid of this.#summaries.keys()) {
      if (!parts.has(uid)) {
        this.#summaries.delete(uid);
        changed.push(uid);
      }
    }
    for (const uid of changed) this.#options.onPodChanged(uid);
  }

  async #followEvents(): Promise<void> {
    const { runtime, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const { type, id } of runtime.events(signal)) {
          // What is created, started or deleted is the workers' own doing, and they look themselves.
          if (type !== "exited" && type !== "oom") continue;
          if (type === "exited") this.#endings.set(id, FIRST_LOOK_MS);
          const uid = this.#owners.get(id);
          if (uid !== undefined) this.#options.onPodChanged(uid);
          else this.#relistSoon();
        }
      } catch (error) {
        if (!signal.aborted) logger.warn("the runtime's events broke off", { error });
      }
      await sleep(clock, RESUBSCRIBE_MS, signal).catch(() => {});
    }
  }

  #relistSoon(): void {
    this.relist().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return;
      this.#options.logger.warn("the runtime could not be listed", { error });
    });
  }
}

function counts(
  sandboxes: readonly SandboxSummary[],
  containers: readonly ContainerSummary[],
): RuntimeCounts {
  const byState = { created: 0, running: 0, exited: 0, unknown: 0 };
  for (const { state } of containers) byState[state] += 1;
  return { readySandboxes: sandboxes.filter(({ ready }) => ready).length, containers: byState };
}
