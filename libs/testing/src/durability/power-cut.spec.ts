/** P1: the power of the database's disk is cut under load: what was acknowledged is there, what was read does not vanish. */
import { silentLogger, sleep, systemClock } from "@kubets/service";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@kubets/storage-postgres/embedded";
import { TestServer } from "@kubets/storage-postgres/testing";
import { Client } from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeVerdict } from "../checks/check-history.ts";
import { StoreUnderLoad } from "../faults/store-under-load.ts";
import { killPostgres } from "../servers/kill-postgres.ts";
import { LoopDisk } from "../servers/loop-disk.ts";

const seed = Number(process.env.KUBETS_SEED ?? 8);
/** A longer run: KUBETS_FAULT_RUNS=100. */
const cuts = Number(process.env.KUBETS_FAULT_RUNS ?? 2);
const canRun = await TestServer.start();
await canRun?.stop();
const disk = canRun === undefined ? undefined : await LoopDisk.create();
afterAll(() => disk?.remove());

describe.skipIf(disk === undefined)("a power cut", () => {
  let server: EmbeddedPostgres;
  let load: StoreUnderLoad;
  let runs = 0;

  beforeEach(async () => {
    server = await start(`${disk?.folder}/pg-${++runs}`);
    load = new StoreUnderLoad({ url: server.url, seed, control: "none" });
    await load.more(100);
    // What an installation leaves has been on the disk for long.
    await disk?.flush();
  });
  afterEach(async () => {
    await load.close();
    await server.stop();
  });

  const start = (dataDir: string) => startEmbeddedPostgres({ dataDir, logger: silentLogger });

  /** Resolves when the server is there again, with the milliseconds that took. */
  async function cutPower(): Promise<number> {
    await disk?.cutPower();
    // Who is told anything now was told it by a machine without power.
    await sleep(systemClock, 100);
    await killPostgres(server.pid);
    await disk?.unmount();
    await disk?.mount();
    const upMs = performance.now();
    server = await start(`${disk?.folder}/pg-${runs}`);
    return performance.now() - upMs;
  }

  it(
    `under load loses no acknowledged write and takes back nothing that was read, ${cuts} times`,
    async () => {
      const recoveries: number[] = [];
      for (let cut = 0; cut < cuts; cut++) {
        await load.more(1_000);
        recoveries.push(await cutPower());
        await load.committed();
      }
      await load.more(300);
      const verdict = await load.finish();
      console.log(
        `${cuts} power cuts: ${describeVerdict(verdict)}; the server is back after ${Math.max(...recoveries).toFixed(0)} ms at most; seed ${seed}`,
      );
      expect(verdict.violations).toEqual([]);
      expect(verdict.acknowledged).toBeGreaterThan(cuts * 300);
    },
    120_000 + cuts * 30_000,
  );

  it("is seen to lose writes that were acknowledged before they were durable: the control", async () => {
    const admin = new URL(server.url);
    admin.username = "postgres";
    const client = new Client({ connectionString: admin.href });
    await client.connect();
    // The settings were checked when the store was opened; connections that come later get these.
    for (const change of [
      "ALTER DATABASE kubets SET synchronous_commit = off",
      "ALTER SYSTEM SET wal_writer_delay = '10s'",
      "ALTER SYSTEM SET wal_writer_flush_after = '100MB'",
      "SELECT pg_reload_conf()",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kubets'",
    ]) {
      await client.query(change);
    }
    await client.end();
    await load.more(1_000);
    await cutPower();
    const verdict = await load.finish(1_000);
    console.log(`acknowledges early: ${describeVerdict(verdict)}`);
    expect(verdict.violations.map(({ check }) => check)).toContain("acknowledgedIsKept");
  }, 120_000);
});
