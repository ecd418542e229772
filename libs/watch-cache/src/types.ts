/**
 * The read side of the apiserver: every resource in memory with its ready bytes.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go @1.36
 */
import type { KubeObject } from "@kubets/api";
import type { ObjectKey, Revision } from "@kubets/storage";

/** One object at one revision, shared by everybody who reads it. */
export interface Entry {
  readonly key: ObjectKey;
  readonly revision: Revision;
  /** Parsed on first use; carries metadata.resourceVersion. Never changed. */
  readonly object: KubeObject;
  /** The object's JSON with its resourceVersion, ready to be sent. */
  readonly json: Buffer;
  /** Other forms ("protobuf", another version, a table row), made on first use and dropped first under memory pressure. */
  form(name: string, make: (entry: Entry) => Buffer): Buffer;
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

export interface WatchEvent {
  readonly type: WatchEventType;
  /** The object; for DELETED its last state with the deletion's revision. Absent for BOOKMARK and ERROR. */
  readonly entry?: Entry;
  readonly revision: Revision;
  /** BOOKMARK only: the one that ends the initial events of a WatchList. */
  readonly initialEventsEnd?: boolean;
  /** ERROR only: what the client is told; the watch ends behind it. */
  readonly error?: Error;
}

/** What a list or watch wants to see. */
export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** metadata.name=…: narrows to one object. */
  readonly name?: string;
  /**
   * A value of a secondary index of this resource, for instance ["spec.nodeName", "n1"]. An index that the
   * cache does not have narrows nothing: `matches` must say the same.
   */
  readonly index?: readonly [name: string, value: string];
  /** The whole selector (labels and fields) as one function; absent: everything matches. */
  readonly matches?: (object: KubeObject) => boolean;
}

/**
 * Which state a read must see:
 * - "any": whatever the cache has (resourceVersion=0).
 * - "mostRecent": everything acknowledged before the read began (resourceVersion unset).
 * - notOlderThan / exact: as resourceVersionMatch says.
 */
export type Freshness =
  | "any"
  | "mostRecent"
  | { readonly notOlderThan: Revision }
  | { readonly exact: Revision };

export interface ListResult {
  readonly revision: Revision;
  readonly entries: readonly Entry[];
  /** Set when there is more: the key behind which the next page starts. */
  readonly next?: { readonly namespace: string; readonly name: string };
  /** Objects behind this page, when it is known (no selector). */
  readonly remaining?: number;
}

export interface ListRequest {
  readonly selection: Selection;
  readonly freshness: Freshness;
  readonly limit?: number;
  /** Pages after the first are read at the first page's revision. */
  readonly after?: { readonly namespace: string; readonly name: string };
}

export interface WatchRequest {
  readonly selection: Selection;
  /**
   * Where to begin: events behind a revision; or "current": first an ADDED for each object of the present
   * state (resourceVersion unset or 0).
   */
  readonly from: { readonly after: Revision } | { readonly current: Freshness };
  readonly bookmarks: boolean;
  /** WatchList: send the initial-events-end bookmark behind the initial events. */
  readonly initialEventsEnd: boolean;
}

/**
 * The receiver of a watch. `deliver` is called with events in order as they come; it returns false when it
 * cannot take more now, and calls the resume function it got from `onDrain` later. A receiver that stays
 * full while its bounded buffer fills is closed; history permitting it may resume from its last revision.
 */
export interface WatchSink {
  /** Must not throw. Returns false when the receiver wants a pause. */
  deliver(events: readonly WatchEvent[]): boolean;
  /** The watch has ended from the server's side. */
  end(): void;
}

export interface WatchHandle {
  /** The receiver can take more again. */
  resume(): void;
  close(): void;
}

/** The cache of one resource. */
export interface ResourceCache {
  /** Throws StatusError 410, 504 or 503 as upstream does. */
  get(namespace: string, name: string, freshness: Freshness): Promise<Entry | undefined>;
  list(request: ListRequest): Promise<ListResult>;
  watch(request: WatchRequest, sink: WatchSink): Promise<WatchHandle>;
  /** The state now, without waiting: for admission and authorization, where an old answer is allowed. */
  peek(namespace: string, name: string): Entry | undefined;
  peekAll(selection?: Selection): Iterable<Entry>;
}

export interface WatchCache {
  /** Resolves when every resource is loaded; throws when the store cannot be read. */
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  resource(of: { readonly group: string; readonly resource: string }): ResourceCache;
  /** The revision up to which every event has been applied. */
  readonly revision: Revision;
  isReady(): boolean;
  /** What each resource holds now, for metrics. */
  stats(): readonly ResourceStats[];
}

export interface ResourceStats {
  readonly group: string;
  readonly resource: string;
  readonly objects: number;
  readonly watchers: number;
}
