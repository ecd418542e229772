import { compareNames, type LogEntry, type Revision } from "@kubets/storage";
import { CacheEntry } from "./cache-entry.ts";
import { CachedEvent } from "./cached-event.ts";
import { EventRing } from "./event-ring.ts";
import type { EntryBudgets } from "./form-budget.ts";
import { type Cell, OrderedCells } from "./ordered-cells.ts";
import { type Indexer, SecondaryIndex } from "./secondary-index.ts";
import type { Selection } from "./types.ts";

export interface ResourceStateOptions {
  readonly indexers: readonly Indexer[];
  readonly budgets: EntryBudgets;
  readonly start: Revision;
  readonly ringEventsMax: number;
  readonly ringBytesMax: number;
  readonly onUnreadable: (entry: CacheEntry, error: unknown) => void;
}

interface NamespaceCells {
  /** The one text that all its cells share: comparing two of them looks no further than at this. */
  readonly namespace: string;
  readonly cells: Map<string, Cell>;
}

/**
 * The objects of one resource at the newest revision, found by key, in order, and by index; and the events that
 * led there. Changes only by `load` and `apply`, both synchronous: whoever looks sees one state.
 */
export class ResourceState {
  readonly #namespaces = new Map<string, NamespaceCells>();
  readonly #ordered = new OrderedCells();
  readonly #indexes: readonly SecondaryIndex[];
  readonly #budgets: EntryBudgets;
  readonly ring: EventRing;

  constructor(options: ResourceStateOptions) {
    this.#indexes = options.indexers.map(
      (indexer) => new SecondaryIndex(indexer, options.onUnreadable),
    );
    this.#budgets = options.budgets;
    this.ring = new EventRing({
      eventsMax: options.ringEventsMax,
      bytesMax: options.ringBytesMax,
      start: options.start,
    });
  }

  get size(): number {
    return this.#ordered.size;
  }

  get indexes(): readonly SecondaryIndex[] {
    return this.#indexes;
  }

  index(name: string): SecondaryIndex | undefined {
    return this.#indexes.find((index) => index.name === name);
  }

  get(namespace: string, name: string): CacheEntry | undefined {
    return this.#namespaces.get(namespace)?.cells.get(name)?.entry;
  }

  /** An object of the initial load. */
  load(entry: CacheEntry): void {
    this.#insert(entry);
  }

  /** One entry of the log; gives the event that everybody shares. */
  apply(logged: LogEntry): CachedEvent {
    const { key, revision, bytes, decoded } = logged;
    const entry = new CacheEntry({
      key,
      revision,
      bytes,
      budgets: this.#budgets,
      ...(decoded === undefined ? {} : { decoded }),
    });
    const cell = this.#namespaces.get(key.namespace)?.cells.get(key.name);
    const previous = cell?.entry;
    let event: CachedEvent;
    if (logged.type === "delete") {
      event = new CachedEvent("DELETED", entry, previous);
      if (cell !== undefined) this.#remove(cell);
    } else if (cell === undefined) {
      event = new CachedEvent("ADDED", entry, undefined);
      this.#insert(entry);
    } else {
      event = new CachedEvent("MODIFIED", entry, previous);
      this.#replace(cell, entry);
    }
    this.ring.push(event);
    return event;
  }

  /** Entries of a selection in order; `after` is a position. The predicate of the selection is not asked. */
  *entries(
    selection: Pick<Selection, "namespace" | "name" | "index">,
    after?: { readonly namespace: string; readonly name: string },
  ): Generator<CacheEntry, void> {
    const { namespace, name } = selection;
    if (name !== undefined && namespace !== undefined) {
      const entry = this.get(namespace, name);
      if (entry === undefined || (after !== undefined && compareNames(entry.key, after) <= 0))
        return;
      yield entry;
      return;
    }
    const index = selection.index && this.index(selection.index[0]);
    const cells =
      index !== undefined && selection.index !== undefined
        ? [...index.cells(selection.index[1])].sort(compareNames)
        : this.#ordered.walk({ namespace, after });
    for (const cell of cells) {
      if (namespace !== undefined && cell.namespace !== namespace) continue;
      if (name !== undefined && cell.name !== name) continue;
      if (after !== undefined && compareNames(cell, after) <= 0) continue;
      yield cell.entry;
    }
  }

  countAfter(
    position: { readonly namespace: string; readonly name: string },
    namespace?: string,
  ): number {
    return this.#ordered.countAfter(position, namespace);
  }

  #insert(entry: CacheEntry): void {
    const { name } = entry.key;
    let own = this.#namespaces.get(entry.key.namespace);
    if (own === undefined) {
      own = { namespace: entry.key.namespace, cells: new Map() };
      this.#namespaces.set(own.namespace, own);
    }
    const indexValues = this.#indexes.map((index) => index.valueOf(entry));
    const cell: Cell = { namespace: own.namespace, name, entry, indexValues };
    own.cells.set(name, cell);
    this.#ordered.insert(cell);
    for (const [i, index] of this.#indexes.entries()) index.add(indexValues[i], cell);
  }

  #replace(cell: Cell, entry: CacheEntry): void {
    cell.entry = entry;
    for (const [i, index] of this.#indexes.entries()) {
      const value = index.valueOf(entry);
      const old = cell.indexValues[i];
      if (value === old) continue;
      index.remove(old, cell);
      index.add(value, cell);
      cell.indexValues[i] = value;
    }
  }

  #remove(cell: Cell): void {
    const own = this.#namespaces.get(cell.namespace);
    own?.cells.delete(cell.name);
    if (own?.cells.size === 0) this.#namespaces.delete(cell.namespace);
    this.#ordered.remove(cell);
    for (const [i, index] of this.#indexes.entries()) index.remove(cell.indexValues[i], cell);
  }
}
