import { type LogEntry, type Revision, type Storage, StorageError } from "@kubets/storage";
import { CacheEntry } from "./cache-entry.ts";
import { CachedEvent } from "./cached-event.ts";
import type { EntryBudgets } from "./form-budget.ts";
import type { LogPages } from "./log-pages.ts";
import type { ResourceState } from "./resource-state.ts";

const pageObjects = 1_000;
/** A reload or a compaction may come between; whoever is unlucky more often reads the log alone. */
const triesMax = 4;

/**
 * Lets a ring reach back to before this replica began, from the log: once for all who wait. After a restart every client
 * goes on with its watches at the same moment, and each reading the log by itself would ask too much of the store.
 */
export class RingHistory {
  readonly #storage: Storage;
  readonly #log: LogPages;
  readonly #of: { readonly group: string; readonly resource: string };
  readonly #budgets: EntryBudgets;
  readonly #state: () => ResourceState;
  /** The lowest of those who wait for the next filling. */
  #wanted: Revision | undefined;
  #filling: Promise<void> | undefined;
  /** Nothing before this is left in the store. */
  #floor: Revision = 0n;

  constructor(options: {
    readonly storage: Storage;
    /** Of all resources. */
    readonly log: LogPages;
    readonly of: { readonly group: string; readonly resource: string };
    readonly budgets: EntryBudgets;
    readonly state: () => ResourceState;
  }) {
    this.#storage = options.storage;
    this.#log = options.log;
    this.#of = options.of;
    this.#budgets = options.budgets;
    this.#state = options.state;
  }

  /** Whether the ring reaches back to the revision now; if it can, it does. */
  async reach(after: Revision): Promise<boolean> {
    for (let tries = 0; this.#state().ring.start > after; tries++) {
      if (tries >= triesMax || after < this.#floor || this.#state().ring.isFull) return false;
      if (this.#wanted === undefined || after < this.#wanted) this.#wanted = after;
      this.#filling ??= this.#fill().finally(() => {
        this.#filling = undefined;
      });
      try {
        await this.#filling;
      } catch (error) {
        // What is gone for another one, which does not come back below the floor, may still be there for us.
        if (!(error instanceof StorageError) || error.code !== "compacted") throw error;
      }
    }
    return true;
  }

  async #fill(): Promise<void> {
    this.#floor = await this.#storage.compactedRevision();
    const state = this.#state();
    const after = this.#wanted ?? state.ring.start;
    this.#wanted = undefined;
    const log = await this.#log.during(() => this.#readLog(after, state));
    const before = await this.#statesAt(log.from, log.entries);
    // It was replaced, or has lost events that were not read: the next try finds it as it is then.
    if (state !== this.#state() || state.ring.start > log.upTo) return;
    const entries = log.entries.filter(({ revision }) => revision <= state.ring.start);
    state.ring.prepend(this.#eventsOf(entries, before, state), log.from);
  }

  /** The changes of the resource up to where the ring begins; the newest of them if a ring cannot hold them all. */
  async #readLog(
    after: Revision,
    state: ResourceState,
  ): Promise<{ entries: LogEntry[]; from: Revision; upTo: Revision }> {
    const { group, resource } = this.#of;
    const { eventsMax, bytesMax } = state.ring;
    const entries: LogEntry[] = [];
    let bytes = 0;
    let from = after;
    let upTo = after;
    while (upTo < state.ring.start) {
      const page = await this.#log.read(upTo);
      for (const entry of page) {
        upTo = entry.revision;
        if (entry.key.resource !== resource || entry.key.group !== group) continue;
        entries.push(entry);
        bytes += entry.bytes.length;
      }
      let excess = 0;
      while (entries.length - excess > eventsMax || bytes > bytesMax) {
        const dropped = entries[excess];
        if (dropped === undefined) break;
        excess += 1;
        bytes -= dropped.bytes.length;
        from = dropped.revision;
      }
      // At once, or all that was ever read would be held until the end.
      entries.splice(0, excess);
      if (page.length === 0) break;
    }
    return { entries, from, upTo };
  }

  /** What the objects that are changed were before. */
  async #statesAt(
    revision: Revision,
    changes: readonly LogEntry[],
  ): Promise<Map<string, CacheEntry>> {
    const wanted = new Set<string>();
    const created = new Set<string>();
    for (const { key, type } of changes) {
      const text = nameText(key);
      if (type === "create" && !wanted.has(text)) created.add(text);
      else if (!created.has(text)) wanted.add(text);
    }
    const found = new Map<string, CacheEntry>();
    let after: { readonly namespace: string; readonly name: string } | undefined;
    while (found.size < wanted.size) {
      const page = await this.#storage.list(this.#of, {
        atRevision: revision,
        limit: pageObjects,
        ...(after === undefined ? {} : { after }),
      });
      for (const { key, revision: of, bytes } of page.objects) {
        const text = nameText(key);
        if (!wanted.has(text)) continue;
        found.set(text, new CacheEntry({ key, revision: of, bytes, budgets: this.#budgets }));
      }
      after = page.objects.at(-1)?.key;
      if (!page.hasMore || after === undefined) break;
    }
    return found;
  }

  #eventsOf(
    changes: readonly LogEntry[],
    latest: Map<string, CacheEntry>,
    state: ResourceState,
  ): CachedEvent[] {
    const types = { create: "ADDED", update: "MODIFIED", delete: "DELETED" } as const;
    return changes.map(({ key, revision, bytes, type }) => {
      const present = state.get(key.namespace, key.name);
      const entry =
        present?.revision === revision
          ? present
          : new CacheEntry({ key, revision, bytes, budgets: this.#budgets });
      const text = nameText(key);
      const event = new CachedEvent(types[type], entry, latest.get(text));
      if (type === "delete") latest.delete(text);
      else latest.set(text, entry);
      return event;
    });
  }
}

function nameText({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}\0${name}`;
}
