import { createHash, randomUUID } from "node:crypto";
import { StorageError } from "@kubets/storage";
import type { ClientBase } from "pg";

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** Prisma's own number for this lock, so that its tools and we never run at once. */
const prismaLockId = 72707369;

/**
 * Brings the schema up to date, keeping Prisma's book of migrations in Prisma's form: `prisma migrate` finds
 * what it would have written itself, and needs not be installed where this runs.
 */
export async function deployMigrations(
  client: ClientBase,
  migrations: readonly Migration[],
): Promise<string[]> {
  if (await isUpToDate(client, migrations)) return [];
  await client.query(`SELECT pg_advisory_lock(${prismaLockId})`);
  try {
    await client.query(bookSql);
    const applied = appliedNames(await readBook(client));
    const deployed: string[] = [];
    for (const migration of migrations) {
      if (applied.has(migration.name)) continue;
      await deploy(client, migration);
      deployed.push(migration.name);
    }
    return deployed;
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${prismaLockId})`);
  }
}

const bookSql = `
CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/** Without the lock: at nearly every start there is nothing to do. */
async function isUpToDate(client: ClientBase, migrations: readonly Migration[]): Promise<boolean> {
  const book = await client.query<{ there: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there",
  );
  if (book.rows[0]?.there !== true) return false;
  // One that is not finished may be under way in another replica: only the lock tells.
  const finished = new Set(
    (await readBook(client)).filter((row) => row.finished).map((row) => row.migration_name),
  );
  return migrations.every(({ name }) => finished.has(name));
}

interface BookRow {
  readonly migration_name: string;
  readonly finished: boolean;
}

async function readBook(client: ClientBase): Promise<readonly BookRow[]> {
  const { rows } = await client.query<BookRow>(
    `SELECT migration_name, finished_at IS NOT NULL AS finished FROM _prisma_migrations
     WHERE rolled_back_at IS NULL`,
  );
  return rows;
}

/** Names of what is applied, under the lock; one that failed half-way stops us, as it stops Prisma. */
function appliedNames(rows: readonly BookRow[]): Set<string> {
  const failed = rows.find(({ finished }) => !finished);
  if (failed !== undefined) {
    throw new StorageError(
      "unusable",
      `the migration ${failed.migration_name} did not finish; see the logs column of _prisma_migrations`,
    );
  }
  return new Set(rows.map((row) => row.migration_name));
}

async function deploy(client: ClientBase, { name, sql }: Migration): Promise<void> {
  const id = randomUUID();
  const checksum = createHash("sha256").update(sql).digest("hex");
  await client.query(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)",
    [id, checksum, name],
  );
  try {
    // One simple query with several statements is one transaction.
    await client.query(sql);
  } catch (cause) {
    await client.query("UPDATE _prisma_migrations SET logs = $2 WHERE id = $1", [
      id,
      String(cause),
    ]);
    throw new StorageError("unusable", `the migration ${name} failed`, { cause });
  }
  await client.query(
    "UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1",
    [id],
  );
}
