/** The database breaks under load: inside the commit's transaction at named points, or as a whole. */
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, describe, expect, it } from "vitest";
import { describeVerdict } from "../checks/check-history.ts";
import { killPostgres } from "../servers/kill-postgres.ts";
import { StoreUnderLoad } from "./store-under-load.ts";
import { TransactionFaults, transactionPoints } from "./transaction-faults.ts";

/** A longer run: KUBETS_FAULT_RUNS=100. */
const runs = Number(process.env.KUBETS_FAULT_RUNS ?? 3);
const seed = Number(process.env.KUBETS_SEED ?? 2);
const actions = ["terminate", "crash"] as const;
const faults = transactionPoints.length * actions.length * runs;

const server = await TestServer.start();
afterAll(() => server?.stop());

describe.skipIf(server === undefined)("a database that breaks under load", () => {
  it(`loses, doubles and reorders nothing: ${transactionPoints.length} points of a transaction × ${actions.join(" and ")} × ${runs} runs = ${faults} faults`, {
    timeout: 60_000 + faults * 2_000,
  }, async () => {
    const url = (await server?.createDatabase()) ?? "";
    const points = new TransactionFaults(url);
    await points.install();
    const load = new StoreUnderLoad({ url, seed, control: "none" });
    const recoveries: number[] = [];
    try {
      await load.more(50);
      for (let run = 0; run < runs; run++) {
        for (const point of transactionPoints) {
          for (const action of actions) {
            await points.breakAt(point, action, load.random.below(4));
            const brokenMs = performance.now();
            await load.committed();
            recoveries.push(performance.now() - brokenMs);
          }
        }
      }
      const verdict = await load.finish();
      recoveries.sort((a, b) => a - b);
      console.log(
        `${recoveries.length} faults: ${describeVerdict(verdict)}; writes again after p50 ${recoveries[recoveries.length >> 1]?.toFixed(0)} ms, slowest ${recoveries.at(-1)?.toFixed(0)} ms; seed ${seed}`,
      );
      expect(verdict.violations).toEqual([]);
      expect(recoveries).toHaveLength(faults);
      expect(verdict.acknowledged).toBeGreaterThan(faults * 5);
    } finally {
      await load.close();
    }
  });

  it(`keeps every acknowledged write when all its processes are killed, ${runs} times`, {
    timeout: 60_000 + runs * 20_000,
  }, async () => {
    const url = (await server?.createDatabase()) ?? "";
    const load = new StoreUnderLoad({ url, seed, control: "none" });
    try {
      const recoveries: number[] = [];
      for (let run = 0; run < runs; run++) {
        await load.more(300);
        await killPostgres(server?.server.pid ?? 0);
        await server?.restart();
        const upMs = performance.now();
        await load.committed();
        recoveries.push(performance.now() - upMs);
      }
      const verdict = await load.finish();
      console.log(
        `${runs} crashes: ${describeVerdict(verdict)}; writes again ${Math.max(...recoveries).toFixed(0)} ms after the server at most; seed ${seed}`,
      );
      expect(verdict.violations).toEqual([]);
      expect(Math.max(...recoveries)).toBeLessThan(2_000);
    } finally {
      await load.close();
    }
  });
});
