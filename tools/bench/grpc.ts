/**
 * kubets.api.v1 through our own client: one apiserver with its Postgres, one client process with one connection:
 * `node tools/bench/grpc.ts [--seconds 3]`. Unary reads and writes, lists and a watch that catches up.
 */
import { parseArgs } from "node:util";
import { type Client, configMaps, createGrpcClient } from "@kubets/client";
import { ApiserverReplica, makeClusterFiles } from "@kubets/testing";
import { quantile, withPostgres } from "./store/bench-postgres.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "3" } } });
const namespace = "default";
let objects = 0;

async function measure(what: string, clients: number, call: () => Promise<unknown>): Promise<void> {
  const latencies: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < endMs) {
        const sentMs = performance.now();
        await call();
        latencies.push(performance.now() - sentMs);
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  const perSecond = (latencies.length * 1_000) / (performance.now() - startMs);
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  console.log(
    `${what}, ${clients} under way: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(1)} ms`,
  );
}

function create(client: Client): Promise<unknown> {
  const metadata = { namespace, name: `bench-${objects++}` };
  const data = { padding: "x".repeat(800) };
  return client.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
}

const files = await makeClusterFiles();
await withPostgres(async (databaseUrl) => {
  const replica = await ApiserverReplica.create({ files, databaseUrl }, "apiserver");
  await replica.start();
  const client = createGrpcClient({ address: replica.grpcAddress, tls: files.admin });
  const { resourceVersion } = await client.list(configMaps);
  await create(client);
  for (const clients of [1, 64]) {
    await measure("get", clients, () => client.get(configMaps, namespace, "bench-0"));
    await measure("create", clients, () => create(client));
  }
  const listStartMs = performance.now();
  const { items } = await client.list(configMaps);
  const listMs = performance.now() - listStartMs;
  console.log(
    `list of ${items.length} objects of 1 kB: ${((items.length * 1_000) / listMs).toFixed(0)} objects/s`,
  );
  const watchStartMs = performance.now();
  let events = 0;
  for await (const batch of client.watch(configMaps, { namespace, resourceVersion })) {
    events += batch.length;
    if (events >= objects) break;
  }
  const watchMs = performance.now() - watchStartMs;
  console.log(
    `watch that catches up with ${events} events: ${((events * 1_000) / watchMs).toFixed(0)} events/s`,
  );
  await client.close();
  await replica.kill();
});
files.remove();
