import { type LogEntry, type Revision, StorageError } from "@kubets/storage";
import type { Pool } from "pg";
import { readFailure } from "./database-error.ts";
import { logEntryOf } from "./log-row.ts";
import { shortRead } from "./short-read.ts";
import { counterSql } from "./sql/counter.ts";
import { readLogSql } from "./sql/read-log.ts";

const pageBytesMax = 16 * 1024 * 1024;

export interface Counter {
  readonly revision: Revision;
  readonly compacted: Revision;
  readonly epoch: bigint;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** The counter's values in the same snapshot. */
  readonly counter: Revision;
  readonly compacted: Revision;
  readonly epoch: bigint;
}

/** Where a feed reads what it was not told. */
export interface LogSource {
  /** Entries behind a revision, fewer than asked for when they are large; none below the compacted one. */
  read(after: Revision, limit: number): Promise<LogPage>;
}

/** Reads of the log and the counter. */
export class LogReader implements LogSource {
  readonly #pool: Pool;
  #counter: Promise<Counter> | undefined;
  #nextCounter: Promise<Counter> | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async read(after: Revision, limit: number): Promise<LogPage> {
    try {
      const { rows } = await this.#pool.query<unknown[]>({
        name: "kubets_read_log",
        text: readLogSql,
        rowMode: "array",
        values: [String(after), limit, pageBytesMax],
      });
      const [first] = rows;
      if (first === undefined) throw new StorageError("unusable", "the counter row is missing");
      return {
        entries: rows.filter((row) => row[3] !== null).map((row) => logEntryOf(row, 3)),
        counter: BigInt(String(first[0])),
        compacted: BigInt(String(first[1])),
        epoch: BigInt(String(first[2])),
      };
    } catch (error) {
      throw readFailure(error);
    }
  }

  /**
   * The counter as it is after this call began. A query that is under way began before, so all callers that
   * come meanwhile share the next one.
   */
  counter(): Promise<Counter> {
    if (this.#counter === undefined) {
      this.#counter = this.#readCounter();
      return this.#counter;
    }
    this.#nextCounter ??= this.#counter
      .catch(() => undefined)
      .then(() => {
        this.#nextCounter = undefined;
        this.#counter = this.#readCounter();
        return this.#counter;
      });
    return this.#nextCounter;
  }

  async #readCounter(): Promise<Counter> {
    try {
      const { rows } = await this.#pool.query<unknown[]>(
        shortRead({ name: "kubets_counter", text: counterSql, rowMode: "array" }),
      );
      const [row] = rows;
      if (row === undefined) throw new StorageError("unusable", "the counter row is missing");
      return {
        revision: BigInt(String(row[0])),
        compacted: BigInt(String(row[1])),
        epoch: BigInt(String(row[2])),
      };
    } catch (error) {
      throw readFailure(error);
    } finally {
      this.#counter = undefined;
    }
  }
}
