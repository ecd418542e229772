import { createHash } from "node:crypto";
import { Client } from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { deployMigrations, type Migration } from "./deploy-migrations.ts";
import { migrations } from "./gen/migrations.ts";
import { openPostgresStorage } from "./open-postgres-storage.ts";
import { TestServer } from "./testing/test-server.ts";

const server = await TestServer.start();
afterAll(() => server?.stop());

describe.skipIf(server === undefined)("migrations", () => {
  let url: string;
  let client: Client;
  beforeEach(async () => {
    url = (await server?.createEmptyDatabase()) ?? "";
    client = new Client({ connectionString: url });
    await client.connect();
  });
  afterEach(() => client.end());

  it("are written into Prisma's book in Prisma's form, and applied once", async () => {
    expect(await deployMigrations(client, migrations)).toEqual(migrations.map(({ name }) => name));
    expect(await deployMigrations(client, migrations)).toEqual([]);
    const { rows } = await client.query(
      `SELECT migration_name, checksum, applied_steps_count, logs, rolled_back_at,
         finished_at IS NOT NULL AS finished FROM _prisma_migrations ORDER BY migration_name`,
    );
    expect(rows).toEqual(
      migrations.map(({ name, sql }) => ({
        migration_name: name,
        checksum: createHash("sha256").update(sql).digest("hex"),
        applied_steps_count: 1,
        logs: null,
        rolled_back_at: null,
        finished: true,
      })),
    );
  });

  it("are applied once when several replicas start at the same time", async () => {
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openPostgresStorage({ url, connectionsMax: 2 })),
    );
    const ids = await Promise.all(stores.map((store) => store.clusterId()));
    expect(new Set(ids).size).toBe(1);
    const { rowCount } = await client.query("SELECT FROM _prisma_migrations");
    expect(rowCount).toBe(migrations.length);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("that fail leave nothing but their log, and stop every later start", async () => {
    const broken: Migration = { name: "2_broken", sql: "CREATE TABLE half (a int); SELECT 1/0;" };
    await expect(deployMigrations(client, [broken])).rejects.toMatchObject({ code: "unusable" });
    const { rows } = await client.query(
      `SELECT to_regclass('half') AS half, logs, finished_at FROM _prisma_migrations`,
    );
    expect(rows).toEqual([
      { half: null, logs: expect.stringContaining("division by zero"), finished_at: null },
    ]);
    await expect(openPostgresStorage({ url })).rejects.toMatchObject({
      code: "unusable",
      message: expect.stringContaining("2_broken did not finish"),
    });
  });
});
