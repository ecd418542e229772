import { compareNames, type Revision } from "@kubets/storage";
import type { CacheEntry } from "./cache-entry.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Selection } from "./types.ts";

interface Position {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The state at an earlier revision, as long as the ring remembers every change since: the first change of an
 * object behind that revision knows what was there before.
 */
export function* exactEntries(
  state: ResourceState,
  selection: Pick<Selection, "namespace" | "name">,
  revision: Revision,
  after?: Position,
): Generator<CacheEntry, void> {
  const changed = new Map<string, CacheEntry | undefined>();
  for (const event of state.ring.after(revision)) {
    const text = nameText(event.entry.key);
    if (!changed.has(text)) changed.set(text, event.previous);
  }
  const isWanted = ({ namespace, name }: Position) =>
    (selection.namespace === undefined || selection.namespace === namespace) &&
    (selection.name === undefined || selection.name === name) &&
    (after === undefined || compareNames({ namespace, name }, after) > 0);
  // What is not there any more has no place in the order of today.
  const gone: CacheEntry[] = [];
  for (const entry of changed.values()) {
    if (entry === undefined || !isWanted(entry.key)) continue;
    if (state.get(entry.key.namespace, entry.key.name) === undefined) gone.push(entry);
  }
  gone.sort((a, b) => compareNames(a.key, b.key));
  let next = 0;
  // Not by index: it holds values of today.
  const { namespace, name } = selection;
  const today = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
  for (const entry of state.entries(today, after)) {
    for (let ghost = gone[next]; ghost !== undefined; ghost = gone[next]) {
      if (compareNames(ghost.key, entry.key) > 0) break;
      next += 1;
      yield ghost;
    }
    const text = nameText(entry.key);
    const then = changed.has(text) ? changed.get(text) : entry;
    if (then !== undefined) yield then;
  }
  yield* gone.slice(next);
}

function nameText({ namespace, name }: Position): string {
  return `${namespace}\0${name}`;
}
