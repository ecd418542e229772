import { Client } from "pg";
import { contentOfBytes } from "../processes/object-content.ts";
import type { LogRecord, WriteOp } from "./history.ts";

const ops: Readonly<Record<number, WriteOp>> = { 1: "create", 2: "update", 3: "delete" };

/** The store's log as the database has it, read past everything that is under test. */
export class DatabaseLog {
  readonly records: LogRecord[] = [];
  readonly #url: string;
  #after = 0n;

  constructor(url: string) {
    this.#url = url;
  }

  /** The last revision that was read. */
  get last(): bigint {
    return this.#after;
  }

  /** Reads on; must be called before the rows in question are compacted. */
  async harvest(): Promise<void> {
    const client = new Client({ connectionString: this.#url });
    await client.connect();
    try {
      const { rows } = await client.query<unknown[]>({
        text: `SELECT revision, type, resource, namespace, name, bytes, previous_revision, request_id
          FROM log WHERE revision > $1 ORDER BY revision`,
        values: [String(this.#after)],
        rowMode: "array",
      });
      for (const row of rows) this.records.push(recordOf(row));
      this.#after = this.records.at(-1)?.revision ?? 0n;
    } finally {
      await client.end();
    }
  }
}

function recordOf(row: readonly unknown[]): LogRecord {
  const [revision, type, resource, namespace, name, bytes, previous, requestId] = row;
  return {
    revision: BigInt(String(revision)),
    type: ops[Number(type)] ?? "update",
    key: `${resource}/${namespace}/${name}`,
    content: Buffer.isBuffer(bytes) ? contentOfBytes(bytes) : "",
    ...(previous === null ? {} : { previousRevision: BigInt(String(previous)) }),
    requestId: String(requestId),
  };
}
