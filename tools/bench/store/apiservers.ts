/**
 * A1 and A2 with one and with two apiservers over one Postgres: creates per second of 10 and of 64 clients, in the order
 * A B B A: `node tools/bench/store/apiservers.ts [--seconds 3]`. The clients share this machine with the servers.
 */
import { parseArgs } from "node:util";
import { ApiserverReplica, makeClusterFiles } from "@kubets/testing";
import { quantile, withPostgres } from "./bench-postgres.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "3" } } });
const path = "/api/v1/namespaces/default/configmaps";
let objects = 0;

async function creates(
  replicas: readonly ApiserverReplica[],
  clients: number,
): Promise<{ perSecond: number; p99: number }> {
  const latencies: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async (_, c) => {
      const replica = replicas[c % replicas.length];
      while (replica !== undefined && performance.now() < endMs) {
        const metadata = { name: `bench-${objects++}` };
        const data = { padding: "x".repeat(800) };
        const sentMs = performance.now();
        const { status } = await replica.endpoint.request("POST", path, {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata,
          data,
        });
        if (status !== 201) throw new Error(`a create was answered ${status}`);
        latencies.push(performance.now() - sentMs);
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  const seconds = (performance.now() - startMs) / 1_000;
  return { perSecond: latencies.length / seconds, p99: quantile(latencies, 0.99) };
}

const files = await makeClusterFiles();
await withPostgres(async (databaseUrl) => {
  const make = (name: string) => ApiserverReplica.create({ files, databaseUrl }, name);
  const [one, two] = [await make("one"), await make("two")];
  const startMs = [await one.start(), await two.start()];
  console.log(`ready after ${startMs.map((ms) => ms.toFixed(0)).join(" and ")} ms`);
  await creates([one, two], 16);
  for (const clients of [10, 64]) {
    for (const replicas of [[one], [one, two], [one, two], [one]]) {
      const { perSecond, p99 } = await creates(replicas, clients);
      console.log(
        `${clients} clients, ${replicas.length} apiserver${replicas.length > 1 ? "s" : ""}: ${perSecond.toFixed(0)} creates/s, p99 ${p99.toFixed(1)} ms`,
      );
    }
  }
  await one.kill();
  await two.kill();
});
files.remove();
