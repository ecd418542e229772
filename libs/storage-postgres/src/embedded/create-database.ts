import { readFile, writeFile } from "node:fs/promises";
import { Client } from "pg";

/**
 * The role and the database, once: a role that may nothing but own its database. Safe to be repeated
 * after an interruption.
 */
export async function createDatabase(options: {
  readonly socketDir: string;
  readonly port: number;
  readonly password: string;
  readonly marker: string;
}): Promise<void> {
  const { socketDir, port, password, marker } = options;
  const isDone = await readFile(marker, "utf8").catch(() => "");
  if (isDone !== "") return;
  const client = new Client({ host: socketDir, port, user: "postgres", database: "postgres" });
  await client.connect();
  try {
    const role = await client.query("SELECT 1 FROM pg_roles WHERE rolname = 'kubets'");
    if (role.rowCount === 0) await client.query("CREATE ROLE kubets LOGIN");
    await client.query(`ALTER ROLE kubets PASSWORD ${client.escapeLiteral(password)}`);
    const database = await client.query("SELECT 1 FROM pg_database WHERE datname = 'kubets'");
    if (database.rowCount === 0) {
      await client.query("CREATE DATABASE kubets OWNER kubets STRATEGY file_copy");
    }
  } finally {
    await client.end();
  }
  await writeFile(marker, "yes");
}
