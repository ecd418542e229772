import type { History } from "../history/history.ts";
import { acknowledgedIsKept } from "./acknowledged-is-kept.ts";
import type { Check } from "./check.ts";
import { listsAreSnapshots } from "./lists-are-snapshots.ts";
import { LogIndex } from "./log-index.ts";
import { logIsAChain } from "./log-is-a-chain.ts";
import { logIsDense } from "./log-is-dense.ts";
import { readsAreFresh } from "./reads-are-fresh.ts";
import { watchesAreComplete } from "./watches-are-complete.ts";
import { watchesAreOrdered } from "./watches-are-ordered.ts";
import { writesHaveOneEffect } from "./writes-have-one-effect.ts";
import { writesKeepRealTime } from "./writes-keep-real-time.ts";

/** Every invariant by its name. */
export const checks: Readonly<Record<string, Check>> = {
  logIsDense,
  logIsAChain,
  acknowledgedIsKept,
  writesHaveOneEffect,
  writesKeepRealTime,
  readsAreFresh,
  listsAreSnapshots,
  watchesAreOrdered,
  watchesAreComplete,
};

/** More of one kind say nothing new. */
const violationsMax = 5;

export interface Violation {
  readonly check: string;
  readonly message: string;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly operations: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly logRecords: number;
  readonly watches: number;
  readonly events: number;
  readonly bookmarks: number;
}

/** All checks over one history, each linear in its length (lists: in what they show). */
export function checkHistory(history: History): Verdict {
  const index = new LogIndex(history);
  const violations: Violation[] = [];
  for (const [check, run] of Object.entries(checks)) {
    let found = 0;
    for (const message of run(history, index)) {
      violations.push({ check, message });
      found += 1;
      if (found >= violationsMax) break;
    }
  }
  const outcomes = history.operations.flatMap((operation) =>
    operation.kind === "write" ? [operation.outcome.status] : [],
  );
  const events = history.watches.flatMap((watch) => watch.events);
  const bookmarks = events.filter(({ type }) => type === "BOOKMARK").length;
  return {
    violations,
    operations: history.operations.length,
    acknowledged: outcomes.filter((status) => status === "committed").length,
    unknown: outcomes.filter((status) => status === "unknown").length,
    logRecords: history.log.length,
    watches: history.watches.length,
    events: events.length - bookmarks,
    bookmarks,
  };
}

/** One line for the output of a test. */
export function describeVerdict(verdict: Verdict): string {
  const { violations, operations, acknowledged, unknown, logRecords, watches, events, bookmarks } =
    verdict;
  return `${violations.length} violations in ${operations} operations (${acknowledged} writes acknowledged, ${unknown} unknown), ${logRecords} log records, ${events} events and ${bookmarks} bookmarks of ${watches} watches`;
}
