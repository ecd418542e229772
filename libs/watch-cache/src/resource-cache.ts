import type { Clock, Logger } from "@kubets/service";
import type { LogEntry, Revision, Storage } from "@kubets/storage";
import { CacheEntry } from "./cache-entry.ts";
import { listTooOld, notReady, storeFailure, tooOldResourceVersion } from "./cache-errors.ts";
import type { CachedEvent } from "./cached-event.ts";
import { exactEntries } from "./exact-entries.ts";
import type { EntryBudgets } from "./form-budget.ts";
import { listFromStore } from "./list-from-store.ts";
import { listPage } from "./list-page.ts";
import type { LogPages } from "./log-pages.ts";
import { replayLog } from "./log-replay.ts";
import type { ResourceState } from "./resource-state.ts";
import type { RevisionGate } from "./revision-gate.ts";
import { RingHistory } from "./ring-history.ts";
import type {
  Entry,
  Freshness,
  ListRequest,
  ListResult,
  ResourceCache,
  ResourceStats,
  Selection,
  WatchEvent,
  WatchHandle,
  WatchRequest,
  WatchSink,
} from "./types.ts";
import { Watcher } from "./watcher.ts";
import { residualPredicate, viewsOf, WatcherTable } from "./watcher-table.ts";

export interface ResourceCacheOptions {
  readonly of: { readonly group: string; readonly resource: string };
  readonly storage: Storage;
  readonly log: LogPages;
  readonly gate: RevisionGate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly budgets: EntryBudgets;
  readonly bookmarkIntervalMs: number;
  readonly makeState: () => ResourceState;
  readonly isReady: () => boolean;
  readonly onUnreadable: (entry: CacheEntry, error: unknown) => void;
}

/** Reads and watches of one resource over its state. */
export class CachedResource implements ResourceCache {
  readonly #options: ResourceCacheOptions;
  #state: ResourceState;
  #watchers: WatcherTable;
  #pending: CachedEvent[] = [];
  readonly #history: RingHistory;

  constructor(options: ResourceCacheOptions) {
    this.#options = options;
    const { storage, log, of, budgets } = options;
    this.#history = new RingHistory({ storage, log, of, budgets, state: () => this.#state });
    this.#state = options.makeState();
    this.#watchers = this.#newTable();
  }

  /** Changes the state at once; watchers are told by `dispatch`. */
  apply(logged: LogEntry): void {
    const event = this.#state.apply(logged);
    if (this.#watchers.size > 0) this.#pending.push(event);
  }

  /** Everything applied since the last time, in one delivery for each watcher. */
  dispatch(): void {
    const events = this.#pending;
    if (events.length === 0) return;
    this.#pending = [];
    this.#watchers.dispatch(events);
  }

  /** Begins anew from a load: who watched lost its history. */
  replaceState(state: ResourceState, revision: Revision): void {
    const old = [...this.#watchers.watchers()];
    this.#state = state;
    this.#pending = [];
    this.#watchers = this.#newTable();
    for (const watcher of old) {
      watcher.end({ error: tooOldResourceVersion(watcher.after, revision), revision });
    }
  }

  endWatchers(): void {
    this.dispatch();
    for (const watcher of [...this.#watchers.watchers()]) watcher.end();
  }

  /** Bookmarks that are due, and the end of those that are stuck. */
  tick(options: { readonly nowMs: number; readonly stuckSinceMs: number }): void {
    if (this.#watchers.size === 0) return;
    const { nowMs, stuckSinceMs } = options;
    this.dispatch();
    const { revision } = this.#options.gate;
    const bookmark: WatchEvent[] = [{ type: "BOOKMARK", revision }];
    for (const watcher of [...this.#watchers.watchers()]) {
      if (watcher.isStuckSince(stuckSinceMs)) {
        this.#options.logger.info("a watcher takes nothing and is closed");
        watcher.end();
      } else if (watcher.wantsBookmarks && watcher.nextBookmarkMs <= nowMs && watcher.isIdle) {
        // One that was further ahead elsewhere must not be led back to where we are.
        if (watcher.after > revision) continue;
        watcher.nextBookmarkMs = nowMs + this.#options.bookmarkIntervalMs;
        watcher.deliver(bookmark);
      }
    }
  }

  get stats(): ResourceStats {
    const objects = this.#state.size;
    return { ...this.#options.of, objects, watchers: this.#watchers.size };
  }

  async get(namespace: string, name: string, freshness: Freshness): Promise<Entry | undefined> {
    await this.#fresh(freshness);
    return this.#state.get(namespace, name);
  }

  async list(request: ListRequest): Promise<ListResult> {
    const { freshness, selection, after, limit } = request;
    await this.#fresh(freshness);
    const { gate } = this.#options;
    const page = { selection, passes: this.#predicate(selection), limit };
    if (typeof freshness === "object" && "exact" in freshness) {
      const revision = freshness.exact;
      // Nothing of this resource changed since: its state of now is that of then.
      if (this.#state.ring.last <= revision) {
        return this.#listNow({ ...page, after, revision });
      }
      if (this.#state.ring.start <= revision) {
        const entries = exactEntries(this.#state, selection, revision, after);
        return listPage({ ...page, entries, revision });
      }
      return this.#listOld({ ...page, after, revision });
    }
    return this.#listNow({ ...page, after, revision: gate.revision });
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<WatchHandle> {
    const { from } = request;
    if ("current" in from) {
      await this.#fresh(from.current);
      return this.#watchCurrent(request, sink);
    }
    if (!this.#options.isReady()) throw notReady();
    if (from.after >= this.#state.ring.start) return this.#watchRing(request, sink, from.after);
    return this.#watchOld(request, sink, from.after);
  }

  peek(namespace: string, name: string): Entry | undefined {
    return this.#state.get(namespace, name);
  }

  *peekAll(selection: Selection = {}): Iterable<Entry> {
    const passes = this.#predicate(selection);
    for (const entry of this.#state.entries(selection)) {
      if (passes === null || passes(entry)) yield entry;
    }
  }

  /** Waits until the state is as new as it must be. */
  async #fresh(freshness: Freshness): Promise<void> {
    if (!this.#options.isReady()) throw notReady();
    if (freshness === "any") return;
    const { gate, storage } = this.#options;
    if (freshness !== "mostRecent") {
      await gate.reached("exact" in freshness ? freshness.exact : freshness.notOlderThan);
      return;
    }
    let newest: Revision;
    try {
      newest = await storage.currentRevision();
    } catch (error) {
      throw storeFailure(error, listTooOld);
    }
    await gate.reached(newest);
  }

  #listNow(options: {
    readonly selection: Selection;
    readonly passes: ((entry: CacheEntry) => boolean) | null;
    readonly limit: number | undefined;
    readonly after: ListRequest["after"];
    readonly revision: Revision;
  }): ListResult {
    const { selection, after } = options;
    const state = this.#state;
    const result = listPage({ ...options, entries: state.entries(selection, after) });
    const isWhole =
      selection.name === undefined &&
      selection.index === undefined &&
      selection.matches === undefined;
    if (result.next === undefined || !isWhole) return result;
    return { ...result, remaining: state.countAfter(result.next, selection.namespace) };
  }

  async #listOld(options: {
    readonly selection: Selection;
    readonly passes: ((entry: CacheEntry) => boolean) | null;
    readonly limit: number | undefined;
    readonly after: ListRequest["after"];
    readonly revision: Revision;
  }): Promise<ListResult> {
    const { storage, of, budgets } = this.#options;
    try {
      return await listFromStore({
        ...options,
        storage,
        of,
        entryOf: ({ key, revision, bytes }) => {
          const known = this.#state.get(key.namespace, key.name);
          return known?.revision === revision
            ? known
            : new CacheEntry({ key, revision, bytes, budgets });
        },
      });
    } catch (error) {
      throw storeFailure(error, listTooOld);
    }
  }

  /** The present objects, in one turn with joining the live events. */
  #watchCurrent(request: WatchRequest, sink: WatchSink): WatchHandle {
    const { selection, bookmarks, initialEventsEnd } = request;
    const { revision } = this.#options.gate;
    const passes = this.#predicate(selection);
    // References only: the events are made as the receiver takes them.
    const entries = [...this.#state.entries(selection)];
    function* first(): Generator<WatchEvent, void> {
      for (const entry of entries) {
        if (passes === null || passes(entry)) {
          yield { type: "ADDED", entry, revision: entry.revision };
        }
      }
      if (initialEventsEnd && bookmarks) {
        yield { type: "BOOKMARK", revision, initialEventsEnd: true };
      }
    }
    return this.#open(request, sink, { first: first(), after: revision });
  }

  #watchRing(request: WatchRequest, sink: WatchSink, after: Revision): WatchHandle {
    const passes = this.#predicate(request.selection);
    const events = viewsOf(this.#state.ring.after(after), request.selection, passes);
    return this.#open(request, sink, { first: events.values(), after });
  }

  /** Behind a revision that the ring has forgotten, or never knew: it begins when this replica did. */
  async #watchOld(request: WatchRequest, sink: WatchSink, after: Revision): Promise<WatchHandle> {
    const { storage, of, budgets } = this.#options;
    const { selection } = request;
    try {
      if (await this.#history.reach(after)) return this.#watchRing(request, sink, after);
      const replay = await replayLog({
        storage,
        of,
        selection,
        after,
        budgets,
        isEnough: (revision) => revision >= this.#state.ring.start,
      });
      if (replay === undefined) return this.#refuse(sink, after);
      const passes = this.#predicate(selection);
      const events = viewsOf(replay.events, selection, passes);
      const recent = viewsOf(this.#state.ring.after(replay.upTo), selection, passes);
      return this.#open(request, sink, {
        first: [...events, ...recent].values(),
        after: replay.upTo,
      });
    } catch (error) {
      const failure = storeFailure(error, () =>
        tooOldResourceVersion(after, this.#state.ring.start),
      );
      // Upstream tells everything that goes wrong behind this point in the stream.
      return this.#refuse(sink, after, failure);
    }
  }

  #refuse(
    sink: WatchSink,
    after: Revision,
    failure: unknown = tooOldResourceVersion(after, this.#state.ring.start),
  ): WatchHandle {
    const error = failure instanceof Error ? failure : new Error("the watch failed");
    const { revision } = this.#options.gate;
    let isClosed = false;
    // As every other watch: the caller has its handle before the first delivery.
    setImmediate(() => {
      if (isClosed) return;
      sink.deliver([{ type: "ERROR", error, revision }]);
      sink.end();
    });
    return {
      resume: () => {},
      close: () => {
        isClosed = true;
      },
    };
  }

  /** `after`: events up to there are in `first`, or not wanted. Events of now are all in `first`. */
  #open(
    request: WatchRequest,
    sink: WatchSink,
    start: { readonly first: Iterator<WatchEvent>; readonly after: Revision },
  ): WatchHandle {
    const { clock, logger, gate, bookmarkIntervalMs } = this.#options;
    const watcher = new Watcher({
      selection: request.selection,
      wantsBookmarks: request.bookmarks,
      after: later(start.after, gate.revision),
      passes: this.#predicate(request.selection),
      first: start.first,
      sink,
      logger,
      nowMs: () => clock.monotonicMs(),
      onClose: (closed) => this.#watchers.remove(closed),
    });
    watcher.nextBookmarkMs = clock.monotonicMs() + bookmarkIntervalMs;
    this.#watchers.add(watcher);
    return { resume: () => watcher.resume(), close: () => watcher.close() };
  }

  #predicate(selection: Selection): ((entry: CacheEntry) => boolean) | null {
    const index = selection.index && this.#state.index(selection.index[0]);
    return residualPredicate(selection, index, this.#options.onUnreadable);
  }

  #newTable(): WatcherTable {
    return new WatcherTable((name) => this.#state.index(name));
  }
}

function later(a: Revision, b: Revision): Revision {
  if (a > b) return a;
  return b;
}
