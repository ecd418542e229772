import { type Revision, StorageError } from "@kubets/storage";
import type { Pool } from "pg";
import { readFailure } from "./database-error.ts";
import type { FaultPoint } from "./fault-point.ts";
import type { LogReader } from "./log-reader.ts";
import type { PrismaSource } from "./prisma-source.ts";
import { moveMarkSql, removeSupersededSql } from "./sql/compact.ts";

const rowsPerBatch = 500;

/**
 * The mark moves first, in a transaction of its own, so that nobody reads below it while rows go. Then rows
 * go in small batches. A run that was broken off stands in the book and is taken up by the next.
 */
export class Compactor {
  readonly #pool: Pool;
  readonly #log: LogReader;
  readonly #prisma: PrismaSource;
  readonly #faultPoint: FaultPoint;
  #running: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly pool: Pool;
    readonly log: LogReader;
    readonly prisma: PrismaSource;
    readonly faultPoint: FaultPoint;
  }) {
    this.#pool = options.pool;
    this.#log = options.log;
    this.#prisma = options.prisma;
    this.#faultPoint = options.faultPoint;
  }

  /** One at a time; a second call waits for the first. */
  compact(revision: Revision): Promise<void> {
    const run = this.#running.then(() => this.#compact(revision));
    this.#running = run.catch(() => {});
    return run;
  }

  async #compact(revision: Revision): Promise<void> {
    try {
      const counter = await this.#log.counter();
      if (revision > counter.revision) {
        throw new StorageError("future", `revision ${revision} is ahead of ${counter.revision}`);
      }
      const prisma = await this.#prisma.get();
      if (revision > counter.compacted) {
        await prisma.compaction.create({
          data: { fromRevision: counter.compacted, toRevision: revision },
        });
        this.#faultPoint("compact.beforeMark");
        await this.#pool.query(moveMarkSql, [String(revision)]);
        this.#faultPoint("compact.afterMark");
      }
      const open = await prisma.compaction.findMany({
        where: { finishedAt: null },
        orderBy: { id: "asc" },
      });
      for (const { id, fromRevision, toRevision } of open) {
        const rowsRemoved = await this.#remove(fromRevision, toRevision);
        this.#faultPoint("compact.beforeFinish");
        await prisma.compaction.update({
          where: { id },
          data: { rowsRemoved, finishedAt: new Date() },
        });
        this.#faultPoint("compact.afterFinish");
      }
    } catch (error) {
      throw readFailure(error);
    }
  }

  async #remove(from: Revision, to: Revision): Promise<bigint> {
    let removed = 0n;
    let after: Revision | undefined = from;
    while (after !== undefined) {
      this.#faultPoint("compact.beforeBatch");
      const batch = await this.#removeBatch(after, to);
      removed += batch.removed;
      after = batch.until;
      this.#faultPoint("compact.afterBatch");
    }
    return removed;
  }

  /** `until` is absent when there was nothing left to look at. */
  async #removeBatch(
    after: Revision,
    to: Revision,
  ): Promise<{ until: Revision | undefined; removed: bigint }> {
    const { rows } = await this.#pool.query<{ until: string | null; removed: string }>(
      removeSupersededSql,
      [String(after), String(to), rowsPerBatch],
    );
    const [row] = rows;
    const until = row?.until ?? null;
    return {
      until: until === null ? undefined : BigInt(until),
      removed: BigInt(row?.removed ?? 0),
    };
  }
}
