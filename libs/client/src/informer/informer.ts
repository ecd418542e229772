/**
 * A local copy of a resource that follows the server: list once, then watch from there.
 *
 * Guarantees: every handler sees every difference between successive contents of the store, in order;
 * a relist swaps the contents at once. Not guaranteed: that each intermediate version is seen, or that the
 * copy is as new as the last write of this process.
 */
import { isStatusError, type KubeObject } from "@kubets/api";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";
import { backoffMs } from "../backoff.ts";
import type { Reader, ResourceType, WatchEvent } from "../client.ts";
import {
  INITIAL_STATE,
  type ListWatchOutcome,
  type ListWatchState,
  stepListWatch,
} from "./list-watch-state.ts";
import { type Change, type IndexFunction, Store, type StoreReader } from "./store.ts";

export interface InformerOptions<T extends KubeObject> {
  readonly client: Reader;
  readonly type: ResourceType<T>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Only this namespace. Default: all. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indexers?: Readonly<Record<string, IndexFunction<T>>>;
  /** Drops what nobody reads before an object is kept, for instance managedFields. */
  readonly transform?: (object: T) => T;
  /** Gives numbers from 0 to 1. Default: Math.random. */
  readonly random?: () => number;
  /** Default 800; doubled up to `backoffMaxMs`, plus up to as much again by chance. */
  readonly backoffBaseMs?: number;
  /** Default 30,000. */
  readonly backoffMaxMs?: number;
  /** The server is asked to end a watch after this long to twice this long. Default 300. */
  readonly watchTimeoutSeconds?: number;
}

/** Maps a change to keys and queues them; never does the work, never waits, never throws. */
export type ChangeHandler<T> = (change: Change<T>) => void;

/** An informer of whatever type, to start, wait for and stop. */
export interface InformerRunnable extends Runnable {
  readonly hasSynced: boolean;
  start(signal?: AbortSignal): Promise<void>;
  waitForSync(signal?: AbortSignal): Promise<void>;
}

export class Informer<T extends KubeObject> implements InformerRunnable {
  readonly name: string;
  readonly #options: InformerOptions<T>;
  readonly #random: () => number;
  readonly #store: Store<T>;
  readonly #handlers: ChangeHandler<T>[] = [];
  readonly #stopping = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #state: ListWatchState = INITIAL_STATE;
  #running: Promise<void> | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#store = new Store(options.indexers);
    this.name = `informer ${options.type.resource}`;
    // Whoever waits for the sync sees the rejection; nobody has to.
    this.#synced.promise.catch(() => {});
  }

  get store(): StoreReader<T> {
    return this.#store;
  }
  /** The first list is in the store and all handlers have seen it. */
  get hasSynced(): boolean {
    return this.#isSynced;
  }
  /** What the informer is doing, for logs and tests. */
  get state(): ListWatchState {
    return this.#state;
  }

  /** Handlers that come late first see every object that is there as new. */
  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
    for (const key of this.#store.keys()) {
      this.#tell(handler, { key, old: undefined, current: this.#store.get(key) });
    }
  }

  /** Begins to follow the server; does not wait for it. `waitForSync` does. */
  start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) this.#stopping.abort(signal.reason);
    else
      signal?.addEventListener("abort", () => this.#stopping.abort(signal.reason), { once: true });
    this.#running ??= this.#run(this.#stopping.signal);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#synced.reject(new Error(`${this.name} was stopped before its first list`));
  }

  /** Resolves when `hasSynced`; rejects when the signal says so or the informer is stopped first. */
  waitForSync(signal?: AbortSignal): Promise<void> {
    if (this.#isSynced || signal === undefined) return this.#synced.promise;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#synced.promise
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const outcome = await this.#perform(this.#state, signal);
      if (outcome !== undefined) this.#advance(outcome);
    }
  }

  #advance(outcome: ListWatchOutcome): void {
    const { backoffBaseMs: baseMs = 800, backoffMaxMs: maxMs = 30_000 } = this.#options;
    this.#state = stepListWatch(this.#state, outcome, (failures) =>
      backoffMs(failures, { baseMs, maxMs, random: this.#random }),
    );
  }

  /** Does what the state asks for; undefined when the informer was stopped meanwhile. */
  async #perform(
    state: ListWatchState,
    signal: AbortSignal,
  ): Promise<ListWatchOutcome | undefined> {
    try {
      switch (state.kind) {
        case "listing":
          return await this.#list(signal);
        case "watching":
          return await this.#watch(state.revision, signal);
        case "waiting":
          await sleep(this.#options.clock, state.delayMs, signal);
          return { kind: "waited" };
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      if (isStatusError(error) && error.code === 410) {
        this.#options.logger.info("the revision is too old, listing again", {
          informer: this.name,
        });
        return { kind: "expired" };
      }
      this.#options.logger.warn("list or watch failed", {
        informer: this.name,
        doing: state.kind,
        error,
      });
      return { kind: state.kind === "listing" ? "listFailed" : "watchFailed" };
    }
  }

  async #list(signal: AbortSignal): Promise<ListWatchOutcome> {
    const { client, type, transform } = this.#options;
    const result = await client.list(type, { ...this.#scope(), signal });
    const items = transform === undefined ? result.items : result.items.map(transform);
    this.#tellAll(this.#store.replace(items));
    if (!this.#isSynced) {
      this.#isSynced = true;
      this.#synced.resolve();
    }
    return { kind: "listed", revision: result.resourceVersion };
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<ListWatchOutcome> {
    const { client, type, watchTimeoutSeconds = 300 } = this.#options;
    const batches = client.watch(type, {
      ...this.#scope(),
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.floor(watchTimeoutSeconds * (1 + this.#random())),
      signal,
    });
    for await (const batch of batches) {
      const failure = this.#apply(batch);
      if (failure !== undefined) return failure;
    }
    return { kind: "watchEnded" };
  }

  #apply(batch: readonly WatchEvent<T>[]): ListWatchOutcome | undefined {
    let revision: string | undefined;
    let failure: ListWatchOutcome | undefined;
    for (const event of batch) {
      if (event.type === "ERROR") {
        const isExpired = event.status.code === 410;
        if (!isExpired) {
          const { code, reason, message } = event.status;
          this.#options.logger.warn("watch refused", {
            informer: this.name,
            code,
            reason,
            message,
          });
        }
        failure = { kind: isExpired ? "expired" : "watchFailed" };
        break;
      }
      if (event.type === "BOOKMARK") {
        revision = event.resourceVersion;
        continue;
      }
      const object = this.#options.transform?.(event.object) ?? event.object;
      this.#tellAll(
        event.type === "DELETED" ? this.#store.delete(object) : this.#store.set(object),
      );
      revision = object.metadata.resourceVersion;
    }
    if (revision !== undefined) this.#advance({ kind: "progressed", revision });
    return failure;
  }

  #scope() {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  #tellAll(changes: readonly Change<T>[]): void {
    for (const change of changes) {
      for (const handler of this.#handlers) this.#tell(handler, change);
    }
  }

  /** One handler's mistake must not stop the others or the watch. */
  #tell(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#options.logger.error("a change handler failed", {
        informer: this.name,
        key: change.key,
        error,
      });
    }
  }
}
