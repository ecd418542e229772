import type { History } from "../history/history.ts";
import type { Check } from "./check.ts";
import type { LogIndex } from "./log-index.ts";

/** A read of the most recent state shows a state that was the newest at some instant while it ran. */
export const readsAreFresh: Check = function* (history, index) {
  for (const operation of history.operations) {
    if (operation.kind === "get") {
      const { key, found, client } = operation;
      const problem = whyNot({ ...operation, revision: found?.revision }, history, index);
      if (problem !== undefined) yield `${client} read ${key}: ${problem}`;
      else if (found !== undefined && found.revision > history.logAfter) {
        const { content } = index.byRevision.get(found.revision) ?? {};
        if (content !== found.content) {
          yield `${client} read ${key} at ${found.revision} as ${found.content}, but it is ${content}`;
        }
      }
    } else if (operation.kind === "write" && operation.outcome.status === "refused") {
      const { key, op, client, expected, outcome } = operation;
      const { current } = outcome;
      if (current === "untold") continue;
      if (op !== "create" && current === expected) {
        yield `${client} was refused the ${op} of ${key} for the revision it had, ${current}`;
      }
      const revision = current === "absent" ? undefined : current;
      const problem = whyNot({ ...operation, revision }, history, index);
      if (problem !== undefined) yield `${client} was refused the ${op} of ${key}: ${problem}`;
    }
  }
};

interface Seen {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined: nothing was there. */
  readonly revision: bigint | undefined;
}

function whyNot(seen: Seen, history: History, index: LogIndex): string | undefined {
  const known = index.knownBefore(seen.startMs);
  const possible = index.possibleAt(seen.endMs);
  const { key, revision } = seen;
  if (revision === undefined) {
    // Absent at some revision of the interval: either already at its beginning, or deleted within.
    if (known < history.logAfter) return undefined;
    if (index.stateAt(key, known) === undefined) return undefined;
    for (
      let next = index.nextChange(key, known);
      next !== undefined && next.revision <= possible;
      next = index.nextChange(key, next.revision)
    ) {
      if (next.type === "delete") return undefined;
    }
    return `nothing was there, although it was from ${known} to ${possible}`;
  }
  if (revision <= history.logAfter) return undefined;
  if (index.byRevision.get(revision)?.key !== key) return `revision ${revision} is not its own`;
  if (revision > possible) return `revision ${revision} came after it`;
  const next = index.nextChange(key, revision);
  if (next !== undefined && next.revision <= known) {
    return `revision ${revision} was old: ${next.revision} was known before`;
  }
  return undefined;
}
