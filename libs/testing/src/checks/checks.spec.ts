import { describe, expect, it } from "vitest";
import type { History, LogRecord, Operation, WatchedEvent } from "../history/history.ts";
import { checkHistory, checks } from "./check-history.ts";

const key = "configmaps/default/a";
const other = "configmaps/default/b";

function record(
  revision: bigint,
  type: LogRecord["type"],
  more: Partial<LogRecord> = {},
): LogRecord {
  return { revision, type, key, content: `w${revision}`, requestId: `r${revision}`, ...more };
}
const log = [
  record(1n, "create"),
  record(2n, "update", { previousRevision: 1n }),
  record(3n, "create", { key: other }),
  record(4n, "delete", { previousRevision: 2n, content: "w2" }),
];
const who = { client: "c", replica: "r" };
function wrote(
  revision: bigint,
  at: readonly [number, number],
  more: Partial<Operation & { kind: "write" }> = {},
): Operation {
  const made = log.find((entry) => entry.revision === revision);
  return {
    ...who,
    kind: "write",
    op: made?.type ?? "create",
    key: made?.key ?? key,
    content: made?.type === "delete" ? "" : `w${revision}`,
    requestId: `r${revision}`,
    startMs: at[0],
    endMs: at[1],
    outcome: { status: "committed", revision },
    ...more,
  };
}
const writes = [wrote(1n, [0, 1]), wrote(2n, [2, 3]), wrote(3n, [2, 4]), wrote(4n, [5, 6])];
const event = (revision: bigint, type: "ADDED" | "MODIFIED" | "DELETED", of = key) => ({
  type,
  key: of,
  revision,
  content: `w${revision}`,
});
const shown: WatchedEvent[] = [
  event(1n, "ADDED"),
  event(2n, "MODIFIED"),
  { type: "BOOKMARK", revision: 2n },
  event(3n, "ADDED", other),
  event(4n, "DELETED"),
];
const watch = (events: readonly WatchedEvent[]) => ({
  name: "w",
  scope: "configmaps/",
  after: 0n,
  events,
});
const good: History = {
  operations: [
    ...writes,
    { ...who, kind: "get", key, startMs: 3.5, endMs: 4.5, found: { revision: 2n, content: "w2" } },
    { ...who, kind: "get", key, startMs: 7, endMs: 8 },
    {
      ...who,
      kind: "list",
      scope: "configmaps/",
      startMs: 7,
      endMs: 8,
      revision: 4n,
      items: new Map([[other, 3n]]),
    },
  ],
  log,
  logAfter: 0n,
  watches: [watch(shown)],
};

function withOperations(...more: Operation[]): History {
  return { ...good, operations: [...writes, ...more] };
}
function withLog(change: (log: LogRecord[]) => LogRecord[]): History {
  return { ...good, operations: [], watches: [], log: change([...log]) };
}
const without = (revision: bigint) =>
  shown.filter((shownEvent) => shownEvent.revision !== revision);
const read = { ...who, kind: "get", key, startMs: 7, endMs: 8 } as const;
const list = { ...who, kind: "list", scope: "configmaps/", startMs: 7, endMs: 8 } as const;

const broken: readonly (readonly [string, keyof typeof checks, History])[] = [
  ["a gap in the log", "logIsDense", withLog((l) => l.filter(({ revision }) => revision !== 3n))],
  ["a double revision", "logIsDense", withLog((l) => [...l, record(4n, "create", { key: "x" })])],
  [
    "an overwritten state",
    "logIsAChain",
    withLog((l) => [...l.slice(0, 2), record(3n, "update", { previousRevision: 1n })]),
  ],
  ["a second create", "logIsAChain", withLog((l) => [...l.slice(0, 1), record(2n, "create")])],
  [
    "an acknowledged write that is not there",
    "acknowledgedIsKept",
    withOperations(wrote(5n, [7, 8])),
  ],
  [
    "a wrong revision in the answer",
    "acknowledgedIsKept",
    withOperations(wrote(1n, [0, 1], { outcome: { status: "committed", revision: 2n } })),
  ],
  [
    "a write with two effects",
    "writesHaveOneEffect",
    withLog((l) => [...l, record(5n, "create", { requestId: "r1" })]),
  ],
  [
    "a write that was refused and made",
    "writesHaveOneEffect",
    withOperations(wrote(1n, [0, 1], { outcome: { status: "failed" } })),
  ],
  [
    "a write that came before what was known",
    "writesKeepRealTime",
    withOperations(wrote(1n, [7, 8])),
  ],
  [
    "an old read",
    "readsAreFresh",
    withOperations({ ...read, found: { revision: 2n, content: "w2" } }),
  ],
  [
    "a read of nothing where something is",
    "readsAreFresh",
    withOperations({ ...read, key: other }),
  ],
  [
    "a read of what came later",
    "readsAreFresh",
    withOperations({ ...read, startMs: 0, endMs: 1.5, found: { revision: 2n, content: "w2" } }),
  ],
  [
    "a read of other content",
    "readsAreFresh",
    withOperations({ ...read, key: other, found: { revision: 3n, content: "w1" } }),
  ],
  [
    "a refusal for the very revision that was expected",
    "readsAreFresh",
    withOperations(
      wrote(9n, [2.5, 4], {
        op: "update",
        expected: 2n,
        outcome: { status: "refused", current: 2n },
      }),
    ),
  ],
  [
    "a list with a hole",
    "listsAreSnapshots",
    withOperations({ ...list, revision: 4n, items: new Map() }),
  ],
  [
    "an old list",
    "listsAreSnapshots",
    withOperations({ ...list, revision: 1n, items: new Map([[key, 1n]]) }),
  ],
  ["a watch with a hole", "watchesAreComplete", { ...good, watches: [watch(without(3n))] }],
  [
    "a watch that shows another state",
    "watchesAreComplete",
    { ...good, watches: [watch([{ ...event(1n, "ADDED"), content: "w2" }])] },
  ],
  [
    "a watch that shows what is not selected",
    "watchesAreComplete",
    { ...good, watches: [{ ...watch(shown), selects: (content) => content !== "w3" }] },
  ],
  [
    "a watch that repeats",
    "watchesAreOrdered",
    { ...good, watches: [watch([event(1n, "ADDED"), event(1n, "ADDED")])] },
  ],
  [
    "a watch out of order",
    "watchesAreOrdered",
    { ...good, watches: [watch([event(2n, "MODIFIED"), event(1n, "ADDED")])] },
  ],
  [
    "an event below a bookmark",
    "watchesAreOrdered",
    { ...good, watches: [watch([{ type: "BOOKMARK", revision: 2n }, event(1n, "ADDED")])] },
  ],
];

describe("the checks of a history", () => {
  it("find nothing in a good one, and count what they saw", () => {
    expect(checkHistory(good)).toEqual({
      violations: [],
      operations: 7,
      acknowledged: 4,
      unknown: 0,
      logRecords: 4,
      watches: 1,
      events: 4,
      bookmarks: 1,
    });
  });

  it("take what enters a selection as added and what leaves it as deleted", () => {
    const selects = (content: string) => content === "w2";
    const events = [event(2n, "ADDED"), event(4n, "DELETED")];
    expect(checkHistory({ ...good, watches: [{ ...watch(events), selects }] }).violations).toEqual(
      [],
    );
  });

  it("allow the jump of a new epoch and nothing more", () => {
    const jumped = { ...good, operations: [], watches: [], log: [...log, record(101n, "create")] };
    expect(checkHistory(jumped).violations).toHaveLength(1);
    const jumps = [{ from: 4n, to: 100n }];
    expect(checkHistory({ ...jumped, jumps }).violations).toEqual([]);
  });

  it.each(broken)("find %s", (_, check, history) => {
    expect(checkHistory(history).violations.map((violation) => violation.check)).toContain(check);
  });

  it("are each shown a history that they refuse", () => {
    expect([...new Set(broken.map(([, check]) => check))].sort()).toEqual(
      Object.keys(checks).sort(),
    );
  });
});
