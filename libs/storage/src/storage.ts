/**
 * The storage seam: everything the apiserver asks of its store, and nothing else.
 *
 * Invariants every implementation keeps, and the suite in `suite.ts` checks:
 * - A resolved write is durable. Its revision is the only one it will ever have.
 * - Revisions are consecutive over all keys and replicas: no gap, no double, commit order.
 * - `subscribe` delivers every committed revision once, in order, starting where the caller says.
 * - History at or below the compacted revision may be gone; asking for it throws `compacted`.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/interfaces.go Interface @1.36
 */

/** A position in the history of the whole store. Never a number: it may pass 2^53. */
export type Revision = bigint;

/** Typed columns, never a joined path: no name can reach another resource's keys. */
export interface ObjectKey {
  readonly group: string;
  readonly resource: string;
  /** Empty for cluster-scoped resources. */
  readonly namespace: string;
  readonly name: string;
}

/** Names all objects of a resource, or those of one namespace. */
export interface ResourceScope {
  readonly group: string;
  readonly resource: string;
  /** Absent: all namespaces. */
  readonly namespace?: string;
}

export interface StoredObject {
  readonly key: ObjectKey;
  readonly uid: string;
  /** The revision of the last write to this key. */
  readonly revision: Revision;
  /** The object's JSON, without a resourceVersion. */
  readonly bytes: Buffer;
}

/** The write counts only while the lease object still carries this epoch and holder. */
export interface Fence {
  readonly leaseNamespace: string;
  readonly leaseName: string;
  readonly epoch: number;
  readonly holderIdentity: string;
}

interface WriteBase {
  readonly key: ObjectKey;
  /** Unique for each attempt a client makes; a repeated commit with the same id has one effect. */
  readonly requestId: string;
  readonly fence?: Fence;
  /**
   * The writer's in-memory form of `bytes`. It is handed back unchanged in the log entry that this
   * process sees, so that nothing it wrote itself is parsed again. Never stored.
   */
  readonly decoded?: unknown;
}
export interface CreateWrite extends WriteBase {
  readonly op: "create";
  readonly uid: string;
  readonly bytes: Buffer;
}
export interface UpdateWrite extends WriteBase {
  readonly op: "update";
  /** The revision the new bytes were computed from. */
  readonly expectedRevision: Revision;
  readonly uid: string;
  readonly bytes: Buffer;
}
export interface DeleteWrite extends WriteBase {
  readonly op: "delete";
  readonly expectedRevision: Revision;
  /** The object's last state, as the DELETED event shows it. */
  readonly bytes: Buffer;
}
export type Write = CreateWrite | UpdateWrite | DeleteWrite;

/** What became of one write. `current` is the object that stood in the way, where there is one. */
export type WriteResult =
  | { readonly status: "committed"; readonly revision: Revision }
  | { readonly status: "exists"; readonly current: StoredObject }
  | { readonly status: "conflict"; readonly current: StoredObject }
  | { readonly status: "notFound" }
  | { readonly status: "fenced" };

/** One committed write in the log. */
export interface LogEntry {
  readonly revision: Revision;
  readonly type: "create" | "update" | "delete";
  readonly key: ObjectKey;
  readonly uid: string;
  readonly bytes: Buffer;
  /** The revision this one replaced; absent for creates. */
  readonly previousRevision?: Revision;
  /** `Write.decoded`, when this process made the write. */
  readonly decoded?: unknown;
}

/** Consecutive log entries: the first one's revision is the previous batch's last plus one. */
export type LogBatch = readonly LogEntry[];

export interface Snapshot {
  readonly revision: Revision;
  readonly objects: readonly StoredObject[];
}

export interface ListPage extends Snapshot {
  /** True when more objects follow the last one of this page. */
  readonly hasMore: boolean;
}

export interface ListOptions {
  /** The exact revision to read at; absent: now. Below the compacted one: throws `compacted`. */
  readonly atRevision?: Revision;
  /** Start behind this key. */
  readonly after?: { readonly namespace: string; readonly name: string };
  readonly limit?: number;
}

export interface Subscription {
  /** Stops delivery; resolves when no callback is running any more. */
  close(): Promise<void>;
}

export interface Storage {
  /** Resolves when the write is durable or refused. Throws `StorageError` when the outcome is not known or the store is away. */
  write(write: Write): Promise<WriteResult>;
  get(key: ObjectKey): Promise<StoredObject | undefined>;
  /** One snapshot; objects in order of (namespace, name), bytewise. */
  list(scope: ResourceScope, options?: ListOptions): Promise<ListPage>;
  /** All current objects of every resource in one snapshot: what a cache starts from. Yields chunks; the revision is that of the snapshot. */
  loadAll(): Promise<{
    readonly revision: Revision;
    readonly chunks: AsyncIterable<readonly StoredObject[]>;
  }>;
  /** The newest committed revision; one query serves all callers that wait for it. */
  currentRevision(): Promise<Revision>;
  compactedRevision(): Promise<Revision>;
  /** Log entries with `after < revision`, at most `limit`; throws `compacted` when `after` is below the compacted revision. */
  readLog(after: Revision, limit: number): Promise<LogBatch>;
  /**
   * Delivers every batch after `after`, own and foreign, in order and without holes. The callback is
   * synchronous: it must not throw and should return quickly. What this instance writes is delivered
   * before the write resolves, unless earlier revisions are still being read.
   *
   * `onEnd` is called once, and nothing after it, when delivery cannot go on: the history behind
   * `after` is gone (`compacted`) or the store broke a promise (`unusable`). Begin anew from a load.
   */
  subscribe(
    after: Revision,
    onBatch: (batch: LogBatch) => void,
    onEnd?: (error: StorageError) => void,
  ): Subscription;
  /** Moves the compaction mark to `revision` (never back), then removes superseded rows in small batches. */
  compact(revision: Revision): Promise<void>;
  /** Stable over restarts and replicas; made at the first start. */
  clusterId(): Promise<string>;
  close(): Promise<void>;
}

export type StorageErrorCode =
  /** The history asked for is gone. */
  | "compacted"
  /** The revision asked for does not exist yet. */
  | "future"
  /** The store cannot be reached; the write was not made. */
  | "unavailable"
  /** The connection broke while committing and the outcome could not be found out in time. */
  | "unknownOutcome"
  /** The object is larger than the store takes (1.5 MiB). */
  | "tooLarge"
  /** The store breaks a promise (settings, schema, gap). */
  | "unusable";

export class StorageError extends Error {
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}
