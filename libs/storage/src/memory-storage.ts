import { checkWrite } from "./check-write.ts";
import { compareNames, keyText } from "./key-order.ts";
import { MemoryHistory } from "./memory-history.ts";
import {
  type ListOptions,
  type ListPage,
  type LogBatch,
  type ObjectKey,
  type ResourceScope,
  type Revision,
  type Storage,
  StorageError,
  type StoredObject,
  type Subscription,
  type Write,
  type WriteResult,
} from "./storage.ts";

export interface MemoryStorageOptions {
  /** What several instances share, as replicas share one database. Default: a new, empty one. */
  readonly history?: MemoryHistory;
  /** Objects in one chunk of `loadAll`. Default 1,000. */
  readonly chunkObjects?: number;
}

/**
 * The store as a model: the semantics of the seam and nothing besides. Tests of other libraries run on
 * it; it passes the same suite as the adapter for Postgres.
 */
export function createMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  return new MemoryStorage(options.history ?? new MemoryHistory(), options.chunkObjects ?? 1_000);
}

interface Subscriber {
  after: Revision;
  readonly onBatch: (batch: LogBatch) => void;
  readonly onEnd: ((error: StorageError) => void) | undefined;
}

class MemoryStorage implements Storage {
  readonly #history: MemoryHistory;
  readonly #chunkObjects: number;
  readonly #subscribers = new Set<Subscriber>();
  readonly #detach: () => void;
  #delivering: Promise<void> | undefined;
  #closed = false;

  constructor(history: MemoryHistory, chunkObjects: number) {
    this.#history = history;
    this.#chunkObjects = chunkObjects;
    this.#detach = history.onChange(() => {
      this.#deliverSoon();
    });
  }

  async write(write: Write): Promise<WriteResult> {
    this.#assertOpen();
    checkWrite(write);
    const result = this.#history.apply(write, this);
    // What this instance wrote has been delivered here before the writer is told.
    await this.#delivering;
    return result;
  }

  async get(key: ObjectKey): Promise<StoredObject | undefined> {
    this.#assertOpen();
    return this.#history.current.get(keyText(key));
  }

  async list(scope: ResourceScope, options: ListOptions = {}): Promise<ListPage> {
    this.#assertOpen();
    const revision = options.atRevision ?? this.#history.revision;
    this.#history.assertReadable(revision);
    const { after, limit } = options;
    const objects = this.#history
      .stateAt(revision, scope)
      .filter((object) => after === undefined || compareNames(object.key, after) > 0);
    const page = limit === undefined ? objects : objects.slice(0, limit);
    return { revision, objects: page, hasMore: page.length < objects.length };
  }

  async loadAll(): Promise<{
    revision: Revision;
    chunks: AsyncIterable<readonly StoredObject[]>;
  }> {
    this.#assertOpen();
    const revision = this.#history.revision;
    const objects = this.#history.stateAt(revision);
    const size = this.#chunkObjects;
    async function* chunks() {
      for (let i = 0; i < objects.length; i += size) yield objects.slice(i, i + size);
    }
    return { revision, chunks: chunks() };
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen();
    return this.#history.revision;
  }

  async compactedRevision(): Promise<Revision> {
    this.#assertOpen();
    return this.#history.compacted;
  }

  async readLog(after: Revision, limit: number): Promise<LogBatch> {
    this.#assertOpen();
    return this.#history.logAfter(after, limit, this);
  }

  subscribe(
    after: Revision,
    onBatch: (batch: LogBatch) => void,
    onEnd?: (error: StorageError) => void,
  ): Subscription {
    this.#assertOpen();
    const subscriber: Subscriber = { after, onBatch, onEnd };
    this.#subscribers.add(subscriber);
    this.#deliverSoon();
    return {
      close: async () => {
        this.#subscribers.delete(subscriber);
      },
    };
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    this.#history.compact(revision);
  }

  async clusterId(): Promise<string> {
    this.#assertOpen();
    return this.#history.clusterId;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#subscribers.clear();
    this.#detach();
    await this.#delivering;
  }

  /** One delivery for everything that changes in this turn. */
  #deliverSoon(): void {
    this.#delivering ??= Promise.resolve().then(() => {
      this.#delivering = undefined;
      this.#deliver();
    });
  }

  #deliver(): void {
    for (const subscriber of this.#subscribers) {
      let batch: LogBatch;
      try {
        batch = this.#history.logAfter(subscriber.after, Number.POSITIVE_INFINITY, this);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        if (error.code === "future") continue;
        this.#subscribers.delete(subscriber);
        subscriber.onEnd?.(error);
        continue;
      }
      const last = batch.at(-1);
      if (last === undefined) continue;
      subscriber.after = last.revision;
      subscriber.onBatch(batch);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError("unavailable", "the store is closed");
  }
}
