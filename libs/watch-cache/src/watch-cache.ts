import { type Clock, type Logger, silentLogger, sleep, systemClock } from "@kubets/service";
import type { LogBatch, Storage, StorageError, Subscription } from "@kubets/storage";
import { CacheEntry } from "./cache-entry.ts";
import { EntryBudgets } from "./form-budget.ts";
import { LogPages } from "./log-pages.ts";
import { CachedResource } from "./resource-cache.ts";
import { ResourceState } from "./resource-state.ts";
import { RevisionGate } from "./revision-gate.ts";
import type { Indexer } from "./secondary-index.ts";
import type { ResourceCache, ResourceStats, WatchCache } from "./types.ts";

const reloadDelayMs = 500;
const tickMs = 1_000;
const stuckMaxMs = 30_000;

export interface WatchCacheOptions {
  readonly storage: Storage;
  /** Secondary indexes by resource. Default: pods by spec.nodeName. */
  readonly indexers?: readonly ResourceIndexers[];
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Events of each resource that are kept for resuming watches. Default 10,000. */
  readonly ringEventsMax?: number;
  /** The same in bytes. Default 16 MiB. */
  readonly ringBytesMax?: number;
  /** Memory for forms other than JSON, and as much for the objects of writers, over all objects. Default 32 MiB. */
  readonly formBytesMax?: number;
  /** Between two bookmarks of a watch. Default one minute, as upstream has it. */
  readonly bookmarkIntervalMs?: number;
}

export interface ResourceIndexers {
  readonly group: string;
  readonly resource: string;
  readonly indexers: readonly Indexer[];
}

export function createWatchCache(options: WatchCacheOptions): WatchCache {
  return new StorageWatchCache(options);
}

/** Where a kubelet's pods are found. Upstream: pkg/registry/core/pod/strategy.go NodeNameTriggerFunc @1.36 */
const defaultIndexers: readonly ResourceIndexers[] = [
  {
    group: "",
    resource: "pods",
    indexers: [
      {
        name: "spec.nodeName",
        value: (object) => {
          const spec: unknown = Reflect.get(object, "spec");
          if (typeof spec !== "object" || spec === null) return "";
          const nodeName: unknown = Reflect.get(spec, "nodeName");
          return typeof nodeName === "string" ? nodeName : "";
        },
      },
    ],
  },
];

class StorageWatchCache implements WatchCache {
  readonly #options: WatchCacheOptions;
  readonly #storage: Storage;
  readonly #log: LogPages;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #gate: RevisionGate;
  readonly #budgets: EntryBudgets;
  readonly #resources = new Map<string, CachedResource>();
  readonly #stopping = new AbortController();
  readonly #dirty = new Set<CachedResource>();
  readonly #unreadable = new WeakSet<CacheEntry>();
  #subscription: Subscription | undefined;
  #isDispatchScheduled = false;
  #isReady = false;
  #reloading: Promise<void> | undefined;
  #cancelTick: () => void = () => {};

  constructor(options: WatchCacheOptions) {
    this.#options = options;
    this.#storage = options.storage;
    this.#log = new LogPages(options.storage);
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    this.#gate = new RevisionGate(this.#clock);
    this.#budgets = new EntryBudgets(options.formBytesMax ?? 32 * 1024 * 1024);
  }

  get revision() {
    return this.#gate.revision;
  }

  isReady(): boolean {
    return this.#isReady;
  }

  stats(): ResourceStats[] {
    return [...this.#resources.values()].map(({ stats }) => stats);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#load(signal);
    this.#scheduleTick();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelTick();
    await this.#subscription?.close();
    await this.#reloading;
    for (const resource of this.#resources.values()) resource.endWatchers();
    this.#isReady = false;
  }

  resource(of: { readonly group: string; readonly resource: string }): ResourceCache {
    return this.#resource(of.group, of.resource);
  }

  #resource(group: string, resource: string): CachedResource {
    const text = `${resource}\0${group}`;
    const known = this.#resources.get(text);
    if (known !== undefined) return known;
    const made = new CachedResource({
      of: { group, resource },
      storage: this.#storage,
      log: this.#log,
      gate: this.#gate,
      clock: this.#clock,
      logger: this.#logger.child({ resource, group }),
      budgets: this.#budgets,
      bookmarkIntervalMs: this.#options.bookmarkIntervalMs ?? 60_000,
      makeState: () => this.#newState(group, resource, this.#gate.revision),
      isReady: () => this.#isReady,
      onUnreadable: this.#onUnreadable,
    });
    this.#resources.set(text, made);
    return made;
  }

  #newState(group: string, resource: string, start: bigint): ResourceState {
    const { indexers = defaultIndexers, ringEventsMax, ringBytesMax } = this.#options;
    const own = indexers.find((row) => row.group === group && row.resource === resource);
    return new ResourceState({
      indexers: own?.indexers ?? [],
      budgets: this.#budgets,
      start,
      ringEventsMax: ringEventsMax ?? 10_000,
      ringBytesMax: ringBytesMax ?? 16 * 1024 * 1024,
      onUnreadable: this.#onUnreadable,
    });
  }

  /** Reads one snapshot of everything, swaps it in, and follows the log from there. */
  async #load(signal: AbortSignal): Promise<void> {
    const { revision, chunks } = await this.#storage.loadAll();
    const states = new Map<string, { group: string; resource: string; state: ResourceState }>();
    let objects = 0;
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      objects += chunk.length;
      for (const stored of chunk) {
        const { group, resource } = stored.key;
        const text = `${resource}\0${group}`;
        let loaded = states.get(text);
        if (loaded === undefined) {
          loaded = { group, resource, state: this.#newState(group, resource, revision) };
          states.set(text, loaded);
        }
        const { key, bytes } = stored;
        loaded.state.load(
          new CacheEntry({ key, revision: stored.revision, bytes, budgets: this.#budgets }),
        );
      }
    }
    this.#gate.advance(revision);
    for (const [text, resource] of this.#resources) {
      if (!states.has(text)) resource.replaceState(this.#emptyState(text, revision), revision);
    }
    for (const { group, resource, state } of states.values()) {
      this.#resource(group, resource).replaceState(state, revision);
    }
    this.#subscription = this.#storage.subscribe(revision, this.#onBatch, this.#onEnd);
    this.#isReady = true;
    this.#logger.info("the watch cache is loaded", { objects, revision: String(revision) });
  }

  #emptyState(text: string, revision: bigint): ResourceState {
    const [resource = "", group = ""] = text.split("\0");
    return this.#newState(group, resource, revision);
  }

  /**
   * The state changes now, in the turn of the commit; watchers are told once in this turn of the loop, behind
   * the answers to the writers.
   */
  readonly #onBatch = (batch: LogBatch): void => {
    let last = this.#gate.revision;
    for (const logged of batch) {
      const resource = this.#resource(logged.key.group, logged.key.resource);
      resource.apply(logged);
      this.#dirty.add(resource);
      last = logged.revision;
    }
    this.#gate.advance(last);
    if (this.#isDispatchScheduled) return;
    this.#isDispatchScheduled = true;
    setImmediate(() => {
      this.#isDispatchScheduled = false;
      for (const resource of this.#dirty) resource.dispatch();
      this.#dirty.clear();
    });
  };

  /** The history behind us is gone: load anew, again and again until it works. */
  readonly #onEnd = (error: StorageError): void => {
    this.#logger.warn("the log cannot be followed further; loading anew", { error });
    this.#isReady = false;
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
  };

  async #reload(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#load(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.warn("the watch cache cannot be loaded", { error });
        await sleep(this.#clock, reloadDelayMs, signal).catch(() => {});
      }
    }
  }

  /** One line for each bad object: the others are served. */
  readonly #onUnreadable = (entry: CacheEntry, error: unknown): void => {
    if (this.#unreadable.has(entry)) return;
    this.#unreadable.add(entry);
    this.#logger.error("a stored object cannot be read and is left out", { key: entry.key, error });
  };

  #scheduleTick(): void {
    this.#cancelTick = this.#clock.setTimer(tickMs, () => {
      const nowMs = this.#clock.monotonicMs();
      for (const resource of this.#resources.values()) {
        resource.tick({ nowMs, stuckSinceMs: nowMs - stuckMaxMs });
      }
      this.#scheduleTick();
    });
  }
}
