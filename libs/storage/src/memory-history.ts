import { randomUUID } from "node:crypto";
import { holdsFence } from "./fence.ts";
import { compareKeys, keyText } from "./key-order.ts";
import {
  type LogBatch,
  type LogEntry,
  type ObjectKey,
  type ResourceScope,
  type Revision,
  StorageError,
  type StoredObject,
  type Write,
  type WriteResult,
} from "./storage.ts";

interface LoggedWrite {
  readonly entry: LogEntry;
  readonly requestId: string;
  /** The instance that made the write; only it sees `decoded`. */
  readonly writer: object;
  readonly decoded: unknown;
}

/** More than any client can have seen beyond a backup. */
const epochStep = 1_000_000_000n;

/** What the database is to its replicas: the objects, the log, the counter. */
export class MemoryHistory {
  readonly clusterId = randomUUID();
  readonly current = new Map<string, StoredObject>();
  #log: LoggedWrite[] = [];
  readonly #committed = new Map<string, Revision>();
  readonly #listeners = new Set<() => void>();
  #revision: Revision = 0n;
  #compacted: Revision = 0n;

  get revision(): Revision {
    return this.#revision;
  }
  get compacted(): Revision {
    return this.#compacted;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One write with its precondition. A request that was committed before gives its first outcome. */
  apply(write: Write, writer: object): WriteResult {
    const text = keyText(write.key);
    const request = `${text}\0${write.requestId}`;
    const before = this.#committed.get(request);
    if (before !== undefined) return { status: "committed", revision: before };
    const { fence } = write;
    if (fence !== undefined) {
      const lease = this.current.get(
        keyText({
          group: "coordination.k8s.io",
          resource: "leases",
          namespace: fence.leaseNamespace,
          name: fence.leaseName,
        }),
      );
      if (!holdsFence(fence, lease?.bytes)) return { status: "fenced" };
    }
    const old = this.current.get(text);
    if (write.op === "create") {
      if (old !== undefined) return { status: "exists", current: old };
    } else {
      if (old === undefined) return { status: "notFound" };
      if (old.revision !== write.expectedRevision) return { status: "conflict", current: old };
    }
    const revision = ++this.#revision;
    const uid = write.op === "delete" ? (old?.uid ?? "") : write.uid;
    // The store keeps bytes, not the writer's buffer.
    const bytes = Buffer.from(write.bytes);
    if (write.op === "delete") this.current.delete(text);
    else this.current.set(text, { key: write.key, uid, revision, bytes });
    this.#log.push({
      entry: {
        revision,
        type: write.op,
        key: write.key,
        uid,
        bytes,
        ...(old === undefined ? {} : { previousRevision: old.revision }),
      },
      requestId: request,
      writer,
      decoded: write.decoded,
    });
    this.#committed.set(request, revision);
    for (const listener of this.#listeners) listener();
    return { status: "committed", revision };
  }

  /** Throws unless the state at `revision` can still, and already, be told. */
  assertReadable(revision: Revision): void {
    this.#assertKept(revision);
    if (revision > this.#revision) {
      throw new StorageError("future", `revision ${revision} is ahead of ${this.#revision}`);
    }
  }

  /** All objects at a revision, in order of their keys. */
  stateAt(revision: Revision, scope?: ResourceScope): StoredObject[] {
    if (revision === this.#revision) {
      const now = [...this.current.values()];
      const inside = scope === undefined ? now : now.filter(({ key }) => inScope(key, scope));
      return inside.sort((a, b) => compareKeys(a.key, b.key));
    }
    const state = new Map<string, StoredObject>();
    for (const { entry } of this.#log) {
      if (entry.revision > revision) break;
      if (scope !== undefined && !inScope(entry.key, scope)) continue;
      if (entry.type === "delete") state.delete(keyText(entry.key));
      else {
        const { key, uid, bytes } = entry;
        state.set(keyText(key), { key, uid, revision: entry.revision, bytes });
      }
    }
    return [...state.values()].sort((a, b) => compareKeys(a.key, b.key));
  }

  logAfter(after: Revision, limit: number, reader: object): LogBatch {
    this.assertReadable(after);
    const batch: LogEntry[] = [];
    for (let i = this.#indexAfter(after); i < this.#log.length && batch.length < limit; i++) {
      const logged = this.#log[i];
      if (logged === undefined) break;
      const own = logged.writer === reader && logged.decoded !== undefined;
      batch.push(own ? { ...logged.entry, decoded: logged.decoded } : logged.entry);
    }
    return batch;
  }

  compact(revision: Revision): void {
    if (revision > this.#revision) {
      throw new StorageError("future", `revision ${revision} is ahead of ${this.#revision}`);
    }
    if (revision <= this.#compacted) return;
    this.#compacted = revision;
    const newest = new Map<string, Revision>();
    for (const { entry } of this.#log) {
      if (entry.revision <= revision) newest.set(keyText(entry.key), entry.revision);
    }
    this.#log = this.#log.filter(({ entry, requestId }) => {
      const isKept =
        entry.revision > revision ||
        (entry.type !== "delete" && newest.get(keyText(entry.key)) === entry.revision);
      if (!isKept) this.#committed.delete(requestId);
      return isKept;
    });
    for (const listener of this.#listeners) listener();
  }

  /** After a restore: revisions jump, and the history before counts as gone. */
  raiseEpoch(): Revision {
    this.#revision += epochStep;
    this.compact(this.#revision);
    return this.#revision;
  }

  #assertKept(revision: Revision): void {
    if (revision < this.#compacted) {
      throw new StorageError(
        "compacted",
        `revision ${revision} is below the compacted revision ${this.#compacted}`,
      );
    }
  }

  /** Index of the first entry behind a revision. */
  #indexAfter(after: Revision): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const logged = this.#log[middle];
      if (logged !== undefined && logged.entry.revision <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function inScope(key: ObjectKey, scope: ResourceScope): boolean {
  return (
    key.group === scope.group &&
    key.resource === scope.resource &&
    (scope.namespace === undefined || scope.namespace === key.namespace)
  );
}
