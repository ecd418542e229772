/**
 * What clients did and saw, and what the store says happened. Times are those of one monotonic clock: all clients
 * of a history run in one process. Keys are texts, `resource/namespace/name`; a scope is the beginning of keys.
 */

export type WriteOp = "create" | "update" | "delete";

/** One row of the store's log, read from the database itself. */
export interface LogRecord {
  readonly revision: bigint;
  readonly type: WriteOp;
  readonly key: string;
  /** The mark by which an object's state is recognised; that of the last state for a deletion. */
  readonly content: string;
  readonly previousRevision?: bigint;
  readonly requestId: string;
}

export type WriteOutcome =
  /** Acknowledged, with the revision the client was told. */
  | { readonly status: "committed"; readonly revision: bigint }
  /** Refused for what stood in its way: the revision that was shown. */
  | { readonly status: "refused"; readonly current: bigint | "absent" | "untold" }
  /** The client was told that it was not made. */
  | { readonly status: "failed" }
  /** The answer was lost. */
  | { readonly status: "unknown" };

interface Interval {
  readonly client: string;
  readonly replica: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface WriteOperation extends Interval {
  readonly kind: "write";
  readonly op: WriteOp;
  readonly key: string;
  /** What the state is recognised by: no two writes have the same. Empty for deletions. */
  readonly content: string;
  /** The revision the write was made from; absent: it had no precondition. */
  readonly expected?: bigint;
  /** Known where the client speaks to the store itself. */
  readonly requestId?: string;
  readonly outcome: WriteOutcome;
}

/** A read of the most recent state. */
export interface GetOperation extends Interval {
  readonly kind: "get";
  readonly key: string;
  /** Absent: there was no such object. */
  readonly found?: { readonly revision: bigint; readonly content: string };
}

/** A list of the most recent state, in one page or many. */
export interface ListOperation extends Interval {
  readonly kind: "list";
  /** It asked for this very revision, however old. */
  readonly isExact?: boolean;
  readonly scope: string;
  readonly revision: bigint;
  readonly items: ReadonlyMap<string, bigint>;
}

export type Operation = WriteOperation | GetOperation | ListOperation;

export type WatchedEvent =
  | {
      readonly type: "ADDED" | "MODIFIED" | "DELETED";
      readonly key: string;
      readonly revision: bigint;
      readonly content: string;
    }
  | { readonly type: "BOOKMARK"; readonly revision: bigint };

/** One watch from its start to its end; a resumed one is another watch. */
export interface WatchRecord {
  readonly name: string;
  readonly scope: string;
  /** It shows what comes after this revision. */
  readonly after: bigint;
  /** Which states it shows; absent: all. */
  readonly selects?: (content: string) => boolean;
  readonly events: readonly WatchedEvent[];
}

export interface History {
  readonly operations: readonly Operation[];
  /** Complete, from `logAfter` on. */
  readonly log: readonly LogRecord[];
  readonly logAfter: bigint;
  readonly watches: readonly WatchRecord[];
  /** Where an epoch was raised: no revision lies strictly between. */
  readonly jumps?: readonly { readonly from: bigint; readonly to: bigint }[];
}
