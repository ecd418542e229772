import {
  keyText,
  type LogEntry,
  type StoredObject,
  type Write,
  type WriteResult,
} from "@kubets/storage";
import type { QueryArrayConfig } from "pg";
import { byteaArray, int4Array, int8Array, textArray } from "./binary-array.ts";
import { logEntryOf } from "./log-row.ts";
import { commitOneSql, commitSql } from "./sql/commit.ts";

/** Log rows of others that a commit brings along; more than these are read apart. */
const foreignMax = 256;

const opLetters = { create: "c", update: "u", delete: "d" } as const;

/** What a commit tells. */
export interface CommitAnswer {
  /** In the order of the batch. */
  readonly results: readonly WriteResult[];
  /** The counter before and behind this batch. */
  readonly before: bigint;
  readonly last: bigint;
  readonly compacted: bigint;
  readonly epoch: bigint;
  /** What others committed behind our cursor, at most the first few. */
  readonly foreign: readonly LogEntry[];
  /** What this batch committed. */
  readonly own: readonly LogEntry[];
}

/** The call of the commit function for a batch. No two writes of it have the same request id. */
export function commitCall(writes: readonly Write[], cursor: bigint): QueryArrayConfig<unknown[]> {
  const [only] = writes;
  if (writes.length === 1 && only !== undefined && only.fence === undefined) {
    return commitOneCall(only, cursor);
  }
  const count = writes.length;
  const ops = new Array<string>(count);
  const slots = new Array<number>(count);
  const groups = new Array<string>(count);
  const resources = new Array<string>(count);
  const namespaces = new Array<string>(count);
  const names = new Array<string>(count);
  const uids = new Array<string>(count);
  const expected = new Array<bigint>(count);
  const contents = new Array<Buffer>(count);
  const requestIds = new Array<string>(count);
  const slotOf = new Map<string, number>();
  let i = 0;
  for (const write of writes) {
    const { key } = write;
    const text = keyText(key);
    let slot = slotOf.get(text);
    if (slot === undefined) {
      slot = i + 1;
      slotOf.set(text, slot);
    }
    ops[i] = opLetters[write.op];
    slots[i] = slot;
    groups[i] = key.group;
    resources[i] = key.resource;
    namespaces[i] = key.namespace;
    names[i] = key.name;
    uids[i] = write.op === "delete" ? "" : write.uid;
    expected[i] = write.op === "create" ? 0n : write.expectedRevision;
    contents[i] = write.bytes;
    requestIds[i] = write.requestId;
    i += 1;
  }
  const fences = fencesOf(writes, slotOf);
  return {
    name: "kubets_commit",
    text: commitSql,
    rowMode: "array",
    values: [
      String(cursor),
      foreignMax,
      textArray(ops),
      int4Array(slots),
      textArray(groups),
      textArray(resources),
      textArray(namespaces),
      textArray(names),
      textArray(uids),
      int8Array(expected),
      byteaArray(contents),
      textArray(requestIds),
      int4Array(fences.ofItem),
      int4Array(fences.slots),
      textArray(fences.namespaces),
      textArray(fences.names),
      int8Array(fences.epochs),
      textArray(fences.holders),
    ],
  };
}

function commitOneCall(write: Write, cursor: bigint): QueryArrayConfig<unknown[]> {
  const { key } = write;
  return {
    name: "kubets_commit_one",
    text: commitOneSql,
    rowMode: "array",
    values: [
      String(cursor),
      foreignMax,
      opLetters[write.op],
      key.group,
      key.resource,
      key.namespace,
      key.name,
      write.op === "delete" ? "" : write.uid,
      write.op === "create" ? "0" : String(write.expectedRevision),
      write.bytes,
      write.requestId,
    ],
  };
}

/** The different fences of a batch, few as a rule, and which of them (from 1) guards each item. */
function fencesOf(writes: readonly Write[], slotOf: ReadonlyMap<string, number>) {
  const ofItem: number[] = [];
  const slots: number[] = [];
  const namespaces: string[] = [];
  const names: string[] = [];
  const epochs: bigint[] = [];
  const holders: string[] = [];
  const seen = new Map<string, number>();
  for (const { fence } of writes) {
    if (fence === undefined) {
      ofItem.push(0);
      continue;
    }
    const { leaseNamespace, leaseName, epoch, holderIdentity } = fence;
    const text = `${leaseNamespace}\0${leaseName}\0${epoch}\0${holderIdentity}`;
    let number = seen.get(text);
    if (number === undefined) {
      const lease = {
        group: "coordination.k8s.io",
        resource: "leases",
        namespace: leaseNamespace,
        name: leaseName,
      };
      slots.push(slotOf.get(keyText(lease)) ?? 0);
      namespaces.push(leaseNamespace);
      names.push(leaseName);
      epochs.push(BigInt(epoch));
      holders.push(holderIdentity);
      number = slots.length;
      seen.set(text, number);
    }
    ofItem.push(number);
  }
  return { ofItem, slots, namespaces, names, epochs, holders };
}

/** Columns of the commit function's rows. */
const column = { kind: 0, item: 1, revision: 2, previous: 3, name: 8, uid: 9, bytes: 10 } as const;

export function commitAnswer(writes: readonly Write[], rows: readonly unknown[][]): CommitAnswer {
  const [head, ...rest] = rows;
  if (head?.[column.kind] !== "h") throw new TypeError("the commit function gave no first row");
  const outcome = String(head[column.name]);
  const before = BigInt(String(head[column.revision]));
  const foreign: LogEntry[] = [];
  const replayed = new Map<number, bigint>();
  const blockers = new Map<number, Blocker>();
  const deletedUids = new Map<number, string>();
  for (const row of rest) {
    const kind = row[column.kind];
    const item = Number(row[column.item]) - 1;
    if (kind === "l") foreign.push(logEntryOf(row, 2));
    else if (kind === "r") replayed.set(item, BigInt(String(row[column.revision])));
    else if (kind === "d") deletedUids.set(item, String(row[column.uid]));
    else {
      const bytes = row[column.bytes];
      blockers.set(item, {
        revision: BigInt(String(row[column.revision])),
        uid: String(row[column.uid]),
        bytes: Buffer.isBuffer(bytes) ? bytes : undefined,
      });
    }
  }
  const own = ownEntries({ writes, outcome, before, deletedUids });
  const results = writes.map((write, i): WriteResult => {
    switch (outcome[i]) {
      case "c":
        return { status: "committed", revision: own.revisions[i] ?? 0n };
      case "r":
        return { status: "committed", revision: replayed.get(i) ?? 0n };
      case "e":
        return { status: "exists", current: blockerOf(write, blockers.get(i), own.entries) };
      case "x":
        return { status: "conflict", current: blockerOf(write, blockers.get(i), own.entries) };
      case "n":
        return { status: "notFound" };
      case "f":
        return { status: "fenced" };
      default:
        throw new TypeError("the commit function gave an unknown outcome");
    }
  });
  return {
    results,
    before,
    last: before + BigInt(own.entries.length),
    compacted: BigInt(String(head[column.previous])),
    epoch: BigInt(String(head[column.uid])),
    foreign,
    own: own.entries,
  };
}

interface Blocker {
  readonly revision: bigint;
  readonly uid: string;
  readonly bytes: Buffer | undefined;
}

/** Successes were numbered in the order of the batch, which also tells what each replaced. */
function ownEntries(of: {
  readonly writes: readonly Write[];
  readonly outcome: string;
  readonly before: bigint;
  readonly deletedUids: ReadonlyMap<number, string>;
}) {
  const entries: LogEntry[] = [];
  const revisions: (bigint | undefined)[] = [];
  let revision = of.before;
  for (const [i, write] of of.writes.entries()) {
    if (of.outcome[i] !== "c") {
      revisions.push(undefined);
      continue;
    }
    revision += 1n;
    revisions.push(revision);
    entries.push({
      revision,
      type: write.op,
      key: write.key,
      uid: write.op === "delete" ? (of.deletedUids.get(i) ?? "") : write.uid,
      bytes: write.bytes,
      ...(write.op === "create" ? {} : { previousRevision: write.expectedRevision }),
      ...(write.decoded === undefined ? {} : { decoded: write.decoded }),
    });
  }
  return { entries, revisions };
}

/** The object in the way: one of the store's, or one that an earlier write of this batch put there. */
function blockerOf(
  write: Write,
  blocker: Blocker | undefined,
  own: readonly LogEntry[],
): StoredObject {
  if (blocker === undefined) throw new TypeError("the commit function gave no object in the way");
  const { revision, uid, bytes } = blocker;
  if (bytes !== undefined) return { key: write.key, uid, revision, bytes };
  const entry = own.find((candidate) => candidate.revision === revision);
  if (entry === undefined) throw new TypeError("the object in the way is nowhere");
  return { key: write.key, uid: entry.uid, revision, bytes: entry.bytes };
}
