/** A replica is killed, or its connections are cut, at every named point under load; then everything that was seen is checked. */
import { faultPointNames } from "@kubets/storage-postgres";
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, describe, expect, it } from "vitest";
import { describeVerdict } from "../checks/check-history.ts";
import { NatsServer, natsProgram } from "../servers/nats-server.ts";
import { StoreUnderLoad } from "./store-under-load.ts";

/** A longer run: KUBETS_FAULT_RUNS=100. */
const runs = Number(process.env.KUBETS_FAULT_RUNS ?? 3);
const seed = Number(process.env.KUBETS_SEED ?? 1);
const actions = ["kill", "cut"] as const;
const faults = faultPointNames.length * actions.length;

const server = await TestServer.start();
const nats = natsProgram === undefined ? undefined : await NatsServer.start();
afterAll(async () => {
  await nats?.kill();
  await server?.stop();
});

describe.skipIf(server === undefined)("a replica that breaks at a named point", () => {
  it(`loses, doubles and reorders nothing: ${faultPointNames.length} points × ${actions.join(" and ")} × ${runs} runs = ${faults * runs} faults`, {
    timeout: 60_000 + faults * runs * 10_000,
  }, async () => {
    const url = (await server?.createDatabase()) ?? "";
    const load = new StoreUnderLoad({
      url,
      seed,
      control: "none",
      ...(nats === undefined ? {} : { natsServer: nats.address }),
    });
    const recoveries: number[] = [];
    try {
      await load.more(100);
      for (let run = 0; run < runs; run++) {
        for (const point of faultPointNames) {
          for (const action of actions) {
            const slot = load.random.below(load.slots.count);
            recoveries.push(await load.breakAt(slot, point, action));
            await load.more(10);
          }
        }
      }
      const verdict = await load.finish();
      recoveries.sort((a, b) => a - b);
      console.log(
        `${recoveries.length} faults: ${describeVerdict(verdict)}; recovery p50 ${recoveries[recoveries.length >> 1]?.toFixed(0)} ms, slowest ${recoveries.at(-1)?.toFixed(0)} ms; seed ${seed}`,
      );
      expect(verdict.violations).toEqual([]);
      expect(recoveries).toHaveLength(faults * runs);
      expect(verdict.acknowledged).toBeGreaterThan(faults * runs * 5);
      expect(verdict.events).toBeGreaterThan(1_000);
      expect(verdict.bookmarks).toBeGreaterThan(10);
    } finally {
      await load.close();
    }
  });
});
