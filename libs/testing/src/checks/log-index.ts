import type { History, LogRecord, Operation } from "../history/history.ts";

/** The log by revision and by key, and what real time says about an instant. Built once for all checks. */
export class LogIndex {
  readonly byRevision = new Map<bigint, LogRecord>();
  /** The records of a key in the order of their revisions. */
  readonly byKey = new Map<string, LogRecord[]>();
  readonly byContent = new Map<string, LogRecord>();
  readonly #ends: { readonly ms: number; readonly revision: bigint }[] = [];
  readonly #starts: { readonly ms: number; readonly revision: bigint }[] = [];
  readonly #last: bigint;

  constructor(history: History) {
    for (const record of history.log) {
      this.byRevision.set(record.revision, record);
      const records = this.byKey.get(record.key);
      if (records === undefined) this.byKey.set(record.key, [record]);
      else records.push(record);
      if (record.type !== "delete") this.byContent.set(record.content, record);
    }
    this.#last = history.log.at(-1)?.revision ?? history.logAfter;
    this.#orderTime(history.operations);
  }

  /** The least revision that whoever starts now must see: all that was known to anybody before. */
  knownBefore(ms: number): bigint {
    return this.#ends[firstIndex(this.#ends, (end) => end.ms >= ms) - 1]?.revision ?? 0n;
  }

  /** The greatest revision that can exist at an instant: all that follow were begun later. */
  possibleAt(ms: number): bigint {
    // One that starts in the same instant may have come first.
    const later = this.#starts[firstIndex(this.#starts, (start) => start.ms > ms)]?.revision;
    return later === undefined ? this.#last : later - 1n;
  }

  /** The record that is a key's state at a revision; undefined: there is no object. */
  stateAt(key: string, revision: bigint): LogRecord | undefined {
    const record = this.lastChange(key, revision);
    return record?.type === "delete" ? undefined : record;
  }

  lastChange(key: string, revision: bigint): LogRecord | undefined {
    const records = this.byKey.get(key) ?? [];
    return records[firstIndex(records, (record) => record.revision > revision) - 1];
  }

  /** The first change of a key behind a revision. */
  nextChange(key: string, revision: bigint): LogRecord | undefined {
    const records = this.byKey.get(key) ?? [];
    return records[firstIndex(records, (record) => record.revision > revision)];
  }

  #orderTime(operations: readonly Operation[]): void {
    for (const operation of operations) {
      const seen = seenRevision(operation);
      if (seen !== undefined) this.#ends.push({ ms: operation.endMs, revision: seen });
      if (operation.kind !== "write") continue;
      const made = this.#madeBy(operation);
      if (made !== undefined) this.#starts.push({ ms: operation.startMs, revision: made });
    }
    this.#ends.sort((a, b) => a.ms - b.ms);
    this.#starts.sort((a, b) => a.ms - b.ms);
    let most = 0n;
    for (const [i, { ms, revision }] of this.#ends.entries()) {
      if (revision > most) most = revision;
      this.#ends[i] = { ms, revision: most };
    }
    let least: bigint | undefined;
    for (let i = this.#starts.length - 1; i >= 0; i--) {
      const start = this.#starts[i];
      if (start === undefined) continue;
      if (least === undefined || start.revision < least) least = start.revision;
      this.#starts[i] = { ms: start.ms, revision: least };
    }
  }

  #madeBy(operation: Operation & { kind: "write" }): bigint | undefined {
    if (operation.outcome.status === "committed") return operation.outcome.revision;
    return operation.content === "" ? undefined : this.byContent.get(operation.content)?.revision;
  }
}

function seenRevision(operation: Operation): bigint | undefined {
  if (operation.kind === "get") return operation.found?.revision;
  if (operation.kind === "list") return operation.revision;
  return operation.outcome.status === "committed" ? operation.outcome.revision : undefined;
}

/** The first index from which on something holds; the length: nowhere. */
export function firstIndex<T>(values: readonly T[], holds: (value: T) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = values[middle];
    if (value !== undefined && !holds(value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
