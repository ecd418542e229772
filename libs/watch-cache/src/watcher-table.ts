import type { CacheEntry } from "./cache-entry.ts";
import type { CachedEvent } from "./cached-event.ts";
import type { SecondaryIndex } from "./secondary-index.ts";
import type { WatchEvent } from "./types.ts";
import type { Watcher } from "./watcher.ts";

/** Watchers that see the same events before their own predicates are asked. */
type Bucket = Set<Watcher>;

/**
 * Finds the watchers of an event by its key and its index values, so that an event costs its own watchers
 * only. Each watcher stands in one bucket, that of its narrowest criterion.
 */
export class WatcherTable {
  readonly #all: Bucket = new Set();
  readonly #byNamespace = new Map<string, Bucket>();
  /** By namespace and name, or by name alone. */
  readonly #byName = new Map<string, Bucket>();
  readonly #byIndex = new Map<SecondaryIndex, Map<string, Bucket>>();
  readonly #indexOf: (name: string) => SecondaryIndex | undefined;
  #size = 0;

  constructor(indexOf: (name: string) => SecondaryIndex | undefined) {
    this.#indexOf = indexOf;
  }

  get size(): number {
    return this.#size;
  }

  add(watcher: Watcher): void {
    this.#size += 1;
    const { map, value } = this.#place(watcher);
    if (map === undefined) {
      this.#all.add(watcher);
      return;
    }
    const bucket = map.get(value);
    if (bucket === undefined) map.set(value, new Set([watcher]));
    else bucket.add(watcher);
  }

  remove(watcher: Watcher): void {
    const { map, value } = this.#place(watcher);
    const bucket = map === undefined ? this.#all : map.get(value);
    if (bucket?.delete(watcher) !== true) return;
    this.#size -= 1;
    if (bucket.size === 0) map?.delete(value);
  }

  *watchers(): Generator<Watcher, void> {
    yield* this.#all;
    for (const map of [this.#byNamespace, this.#byName, ...this.#byIndex.values()]) {
      for (const bucket of map.values()) yield* bucket;
    }
  }

  /** Hands events to everybody they concern; each bucket's array is made once and shared. */
  dispatch(events: readonly CachedEvent[]): void {
    if (this.#all.size > 0) deliverTo(this.#all, events);
    if (this.#byNamespace.size > 0) {
      dispatchBy(this.#byNamespace, events, (event, put) => put(event.entry.key.namespace));
    }
    if (this.#byName.size > 0) {
      dispatchBy(this.#byName, events, ({ entry: { key } }, put) => {
        put(nameValue(key.namespace, key.name));
        put(nameValue(undefined, key.name));
      });
    }
    for (const [index, map] of this.#byIndex) {
      if (map.size === 0) continue;
      dispatchBy(map, events, (event, put) => {
        const before = event.previous && index.valueOf(event.previous);
        const now = index.valueOf(event.entry);
        if (before !== undefined) put(before);
        if (now !== undefined && now !== before) put(now);
      });
    }
  }

  #place({ selection }: Watcher): { map: Map<string, Bucket> | undefined; value: string } {
    const { name, namespace } = selection;
    if (name !== undefined) return { map: this.#byName, value: nameValue(namespace, name) };
    const index = selection.index && this.#indexOf(selection.index[0]);
    if (index !== undefined && selection.index !== undefined) {
      let map = this.#byIndex.get(index);
      if (map === undefined) {
        map = new Map();
        this.#byIndex.set(index, map);
      }
      return { map, value: selection.index[1] };
    }
    if (namespace !== undefined) return { map: this.#byNamespace, value: namespace };
    return { map: undefined, value: "" };
  }
}

function nameValue(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}\0${name}`;
}

/** Sorts events into the buckets that somebody waits in. */
function dispatchBy(
  map: ReadonlyMap<string, Bucket>,
  events: readonly CachedEvent[],
  valuesOf: (event: CachedEvent, put: (value: string) => void) => void,
): void {
  const found = new Map<string, CachedEvent[]>();
  for (const event of events) {
    valuesOf(event, (value) => {
      if (!map.has(value)) return;
      const list = found.get(value);
      if (list === undefined) found.set(value, [event]);
      else list.push(event);
    });
  }
  for (const [value, list] of found) {
    const bucket = map.get(value);
    if (bucket !== undefined) deliverTo(bucket, list);
  }
}

function deliverTo(bucket: Bucket, events: readonly CachedEvent[]): void {
  const first = events[0]?.revision ?? 0n;
  // A watcher that is closed by its own delivery leaves the bucket; a Set allows that.
  for (const watcher of bucket) {
    if (watcher.passes === null && watcher.after < first) watcher.deliver(events);
    else watcher.deliverFiltered(events);
  }
}

/** The part of a selection that its bucket does not already guarantee; null when nothing is left. */
export function residualPredicate(
  selection: Watcher["selection"],
  index: SecondaryIndex | undefined,
  onUnreadable: (entry: CacheEntry, error: unknown) => void,
): ((entry: CacheEntry) => boolean) | null {
  const { namespace, name, matches } = selection;
  const value = selection.index?.[1];
  if (matches === undefined && (index === undefined || value === undefined)) return null;
  return (entry) => {
    if (namespace !== undefined && entry.key.namespace !== namespace) return false;
    if (name !== undefined && entry.key.name !== name) return false;
    if (index !== undefined && index.valueOf(entry) !== value) return false;
    if (matches === undefined) return true;
    try {
      return matches(entry.object);
    } catch (error) {
      onUnreadable(entry, error);
      return false;
    }
  };
}

/** What a watcher sees of events that were sorted by nothing. */
export function viewsOf(
  events: Iterable<CachedEvent>,
  selection: Watcher["selection"],
  passes: ((entry: CacheEntry) => boolean) | null,
): WatchEvent[] {
  const { namespace, name } = selection;
  const views: WatchEvent[] = [];
  for (const event of events) {
    const { key } = event.entry;
    if (namespace !== undefined && key.namespace !== namespace) continue;
    if (name !== undefined && key.name !== name) continue;
    const view = passes === null ? event : event.seenBy(passes);
    if (view !== undefined) views.push(view);
  }
  return views;
}
