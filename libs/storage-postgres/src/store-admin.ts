import type { LogEntry, ObjectKey, Revision } from "@kubets/storage";
import { Pool } from "pg";
import { readFailure } from "./database-error.ts";
import type { PrismaClient } from "./gen/prisma/client.ts";
import { PrismaSource } from "./prisma-source.ts";

/** More than any client can have seen beyond a backup. */
const epochStep = 1_000_000_000n;

/**
 * To be done after a restore, before anything serves it: revisions jump, so that none that was given out and
 * lost is ever given out again, and the history before counts as gone. Clients are told 410 and list anew.
 */
export function raiseEpoch(options: {
  readonly url: string;
}): Promise<{ readonly epoch: bigint; readonly revision: Revision }> {
  return withPrisma(options.url, (prisma) =>
    prisma.$transaction(async (transaction) => {
      const { revision, compactedRevision, epoch } = await transaction.counter.update({
        where: { id: 1 },
        data: { revision: { increment: epochStep }, epoch: { increment: 1 } },
      });
      await transaction.counter.update({
        where: { id: 1 },
        data: { compactedRevision: revision },
      });
      // The next compaction removes what is below the new mark.
      await transaction.compaction.create({
        data: { fromRevision: compactedRevision, toRevision: revision },
      });
      return { epoch, revision };
    }),
  );
}

/** What happened to an object, the newest change first, as far as it was not compacted. */
export function objectHistory(options: {
  readonly url: string;
  readonly key: ObjectKey;
  readonly limit: number;
}): Promise<LogEntry[]> {
  const { url, key, limit } = options;
  return withPrisma(url, async (prisma) => {
    const rows = await prisma.logEntry.findMany({
      where: {
        apiGroup: key.group,
        resource: key.resource,
        namespace: key.namespace,
        name: key.name,
      },
      orderBy: { revision: "desc" },
      take: limit,
    });
    return rows.map(({ revision, type, uid, bytes, previousRevision }) => ({
      revision,
      type: type === 1 ? "create" : type === 2 ? "update" : "delete",
      key,
      uid,
      bytes: Buffer.from(bytes),
      ...(previousRevision === null ? {} : { previousRevision }),
    }));
  });
}

async function withPrisma<T>(url: string, use: (prisma: PrismaClient) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 5_000 });
  const source = new PrismaSource(pool);
  try {
    return await use(await source.get());
  } catch (error) {
    throw readFailure(error);
  } finally {
    await source.close();
    await pool.end();
  }
}
