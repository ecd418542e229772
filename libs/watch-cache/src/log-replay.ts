import type { LogEntry, Revision, Storage } from "@kubets/storage";
import { CacheEntry } from "./cache-entry.ts";
import { CachedEvent } from "./cached-event.ts";
import type { EntryBudgets } from "./form-budget.ts";
import type { Selection } from "./types.ts";

const pageEntries = 1_000;
const replayEventsMax = 100_000;
const replayBytesMax = 64 * 1024 * 1024;

export interface Replay {
  readonly events: CachedEvent[];
  /** Up to where the log was read. */
  readonly upTo: Revision;
}

/**
 * Events older than the ring, from the log. Undefined when there are more than a client should be given: it
 * lists anew instead.
 */
export async function replayLog(options: {
  readonly storage: Storage;
  readonly of: { readonly group: string; readonly resource: string };
  readonly selection: Selection;
  readonly after: Revision;
  /** Whether the reader has come as far as the ring reaches back. */
  readonly isEnough: (revision: Revision) => boolean;
  readonly budgets: EntryBudgets;
}): Promise<Replay | undefined> {
  const { storage, of, selection, isEnough, budgets } = options;
  const scope = {
    ...of,
    ...(selection.namespace === undefined ? {} : { namespace: selection.namespace }),
  };
  // A selector asks what each object was before it changed.
  const latest = new Map<string, CacheEntry>();
  if (selection.matches !== undefined || selection.index !== undefined) {
    const { objects } = await storage.list(scope, { atRevision: options.after });
    for (const { key, revision, bytes } of objects) {
      latest.set(nameText(key), new CacheEntry({ key, revision, bytes, budgets }));
    }
  }
  const events: CachedEvent[] = [];
  let bytes = 0;
  let upTo = options.after;
  while (!isEnough(upTo)) {
    const page = await storage.readLog(upTo, pageEntries);
    for (const logged of page) {
      upTo = logged.revision;
      if (!isSelected(logged, of, selection)) continue;
      const event = eventOf(logged, latest, budgets);
      events.push(event);
      bytes += event.size;
    }
    if (page.length === 0 || events.length > replayEventsMax || bytes > replayBytesMax) {
      return undefined;
    }
  }
  return { events, upTo };
}

function isSelected(
  { key }: LogEntry,
  of: { readonly group: string; readonly resource: string },
  { namespace, name }: Selection,
): boolean {
  return (
    key.resource === of.resource &&
    key.group === of.group &&
    (namespace === undefined || key.namespace === namespace) &&
    (name === undefined || key.name === name)
  );
}

function eventOf(
  { key, revision, bytes, type }: LogEntry,
  latest: Map<string, CacheEntry>,
  budgets: EntryBudgets,
): CachedEvent {
  const entry = new CacheEntry({ key, revision, bytes, budgets });
  const text = nameText(key);
  const previous = latest.get(text);
  if (type === "delete") latest.delete(text);
  else latest.set(text, entry);
  const types = { create: "ADDED", update: "MODIFIED", delete: "DELETED" } as const;
  return new CachedEvent(types[type], entry, previous);
}

function nameText({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}\0${name}`;
}
