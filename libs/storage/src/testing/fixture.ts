import type {
  CreateWrite,
  DeleteWrite,
  LogBatch,
  LogEntry,
  ObjectKey,
  Revision,
  Storage,
  StorageError,
  StoredObject,
  UpdateWrite,
  WriteResult,
} from "../storage.ts";

/** One store under test; every test gets an empty one. */
export interface StorageFixture {
  /** Another instance over the same history, as another replica would be. */
  open(): Promise<Storage>;
  /** What is done after a restore; gives the revision from which numbers go on. */
  raiseEpoch(): Promise<Revision>;
  /** Closes what `open` made and removes the store. */
  dispose(): Promise<void>;
}
export type MakeFixture = () => Promise<StorageFixture>;

export function keyOf(name: string, namespace = "default", resource = "pods"): ObjectKey {
  return { group: "", resource, namespace, name };
}

export function leaseKey(name: string): ObjectKey {
  return { group: "coordination.k8s.io", resource: "leases", namespace: "kube-system", name };
}

export function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

let requests = 0;
export function nextRequestId(): string {
  requests += 1;
  return `request-${requests}`;
}

export function createOf(key: ObjectKey, more: Partial<CreateWrite> = {}): CreateWrite {
  return {
    op: "create",
    key,
    uid: `uid-${key.name}`,
    bytes: bytesOf({ name: key.name }),
    requestId: nextRequestId(),
    ...more,
  };
}

export function updateOf(
  key: ObjectKey,
  expectedRevision: Revision,
  more: Partial<UpdateWrite> = {},
): UpdateWrite {
  return {
    op: "update",
    key,
    expectedRevision,
    uid: `uid-${key.name}`,
    bytes: bytesOf({ name: key.name, from: String(expectedRevision) }),
    requestId: nextRequestId(),
    ...more,
  };
}

export function deleteOf(
  key: ObjectKey,
  expectedRevision: Revision,
  more: Partial<DeleteWrite> = {},
): DeleteWrite {
  return {
    op: "delete",
    key,
    expectedRevision,
    bytes: bytesOf({ name: key.name, last: true }),
    requestId: nextRequestId(),
    ...more,
  };
}

/** The revision of a write that must have been committed. */
export function committed(result: WriteResult): Revision {
  if (result.status !== "committed") throw new Error(`expected a commit, got ${result.status}`);
  return result.revision;
}

/** What a failed write says stood in its way. */
export function inTheWay(result: WriteResult): StoredObject {
  if (result.status !== "exists" && result.status !== "conflict") {
    throw new Error(`expected a refusal, got ${result.status}`);
  }
  return result.current;
}

export function namesOf(objects: readonly StoredObject[]): string[] {
  return objects.map(({ key }) => `${key.namespace}/${key.name}`);
}

/** Collects what a subscription delivers and waits for a revision without polling. */
export class Listener {
  readonly entries: LogEntry[] = [];
  ended: StorageError | undefined;
  readonly #waiting = new Set<() => void>();

  readonly onBatch = (batch: LogBatch): void => {
    this.entries.push(...batch);
    this.#wake();
  };
  readonly onEnd = (error: StorageError): void => {
    this.ended = error;
    this.#wake();
  };
  /** Rejects with what ended the subscription, should it end before. */
  reached(revision: Revision): Promise<void> {
    return this.#until(() => {
      if (this.last >= revision) return true;
      if (this.ended !== undefined) throw this.ended;
      return false;
    });
  }
  /** What was delivered last; -1 before anything was. */
  get last(): Revision {
    return this.entries.at(-1)?.revision ?? -1n;
  }
  end(): Promise<void> {
    return this.#until(() => this.ended !== undefined);
  }
  get revisions(): Revision[] {
    return this.entries.map((entry) => entry.revision);
  }
  #until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          if (!isMet()) return;
          resolve();
        } catch (error) {
          reject(error);
        }
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }
  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}

export function range(first: Revision, last: Revision): Revision[] {
  const revisions: Revision[] = [];
  for (let revision = first; revision <= last; revision++) revisions.push(revision);
  return revisions;
}
