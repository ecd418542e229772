import {
  checkWrite,
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
} from "@kubets/storage";
import type { CommitAnswer } from "./commit-batch.ts";
import type { Compactor } from "./compactor.ts";
import type { FaultPoint } from "./fault-point.ts";
import type { Feed } from "./feed.ts";
import type { GroupCommitter } from "./group-committer.ts";
import type { HintTeller } from "./hint-teller.ts";
import type { LogReader } from "./log-reader.ts";
import type { ObjectReader } from "./object-reader.ts";

/** The parts of an open store and how it is closed. */
export interface StorageParts {
  readonly committer: GroupCommitter;
  readonly feed: Feed;
  readonly log: LogReader;
  readonly objects: ObjectReader;
  readonly compactor: Compactor;
  readonly clusterId: string;
  readonly disconnect: () => Promise<void>;
}

/** The seam over its parts: what is not one call to a part stands here. */
export class PostgresStorage implements Storage {
  readonly #parts: StorageParts;
  #closing: Promise<void> | undefined;

  constructor(parts: StorageParts) {
    this.#parts = parts;
  }

  async write(write: Write): Promise<WriteResult> {
    this.#assertOpen();
    checkWrite(write);
    return this.#parts.committer.commit(write);
  }

  async get(key: ObjectKey): Promise<StoredObject | undefined> {
    this.#assertOpen();
    return this.#parts.objects.get(key);
  }

  async list(scope: ResourceScope, options: ListOptions = {}): Promise<ListPage> {
    this.#assertOpen();
    const { objects: reader } = this.#parts;
    const { limit, atRevision } = options;
    const after =
      options.after === undefined
        ? undefined
        : { group: scope.group, resource: scope.resource, ...options.after };
    // One more than asked for tells whether there are more.
    const wanted = limit === undefined ? Number.POSITIVE_INFINITY : limit + 1;
    const first = await reader.page({ scope, atRevision, after, limit: wanted });
    const objects: StoredObject[] = [];
    for await (const page of reader.rest({ scope, first })) {
      for (const object of page) objects.push(object);
      if (objects.length >= wanted) break;
    }
    const hasMore = limit !== undefined && objects.length > limit;
    if (hasMore) objects.length = limit;
    return { revision: first.revision, objects, hasMore };
  }

  async loadAll(): Promise<{
    revision: Revision;
    chunks: AsyncIterable<readonly StoredObject[]>;
  }> {
    this.#assertOpen();
    const first = await this.#parts.objects.page({});
    return { revision: first.revision, chunks: this.#parts.objects.rest({ first, ahead: true }) };
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen();
    return (await this.#parts.log.counter()).revision;
  }

  async compactedRevision(): Promise<Revision> {
    this.#assertOpen();
    return (await this.#parts.log.counter()).compacted;
  }

  async readLog(after: Revision, limit: number): Promise<LogBatch> {
    this.#assertOpen();
    const page = await this.#parts.log.read(after, limit);
    if (after < page.compacted) {
      throw new StorageError(
        "compacted",
        `revision ${after} is below the compacted revision ${page.compacted}`,
      );
    }
    if (after > page.counter) {
      throw new StorageError("future", `revision ${after} is ahead of ${page.counter}`);
    }
    return page.entries;
  }

  subscribe(
    after: Revision,
    onBatch: (batch: LogBatch) => void,
    onEnd: (error: StorageError) => void = () => {},
  ): Subscription {
    this.#assertOpen();
    return this.#parts.feed.subscribe(after, onBatch, onEnd);
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    await this.#parts.compactor.compact(revision);
  }

  async clusterId(): Promise<string> {
    this.#assertOpen();
    return this.#parts.clusterId;
  }

  /** In the order of dependence: no more writes, no more deliveries, no more connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { committer, feed, disconnect } = this.#parts;
    await committer.close();
    await feed.close();
    await disconnect();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new StorageError("unavailable", "the store is closed");
  }
}

/** What follows a commit: apply it here, tell the others. */
export function afterCommit(options: {
  readonly feed: Feed;
  /** Absent without a bus. */
  readonly teller: HintTeller | undefined;
  readonly faultPoint: FaultPoint;
}): (answer: CommitAnswer) => void {
  const { feed, teller, faultPoint } = options;
  return (answer) => {
    feed.observe({ epoch: answer.epoch, revision: answer.before });
    feed.offer(answer.foreign);
    feed.offer(answer.own);
    feed.hint(answer.last);
    if (answer.own.length === 0) return;
    faultPoint("publish.before");
    teller?.committed({ first: answer.before + 1n, last: answer.last });
    faultPoint("publish.after");
  };
}
