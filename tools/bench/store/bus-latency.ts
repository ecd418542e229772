/**
 * D3: from the answer to a write until another replica has applied it, by NATS, while others write:
 * `node tools/bench/store/bus-latency.ts --nats 127.0.0.1:4222 [--writes 2000]`. The hint itself is measured as well.
 */
import { parseArgs } from "node:util";
import { connectNatsBus } from "@kubets/bus-nats";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { keyOf, objectOf, quantile, withPostgres } from "./bench-postgres.ts";

const { values } = parseArgs({
  options: {
    nats: { type: "string", default: "127.0.0.1:4222" },
    writes: { type: "string", default: "2000" },
  },
});
const servers = [values.nats];
const writes = Number(values.writes);

async function connectedBus(clusterId: string) {
  const bus = connectNatsBus({ servers, clusterId });
  while (!bus.isConnected()) await new Promise((resolve) => setTimeout(resolve, 5));
  return bus;
}

function print(what: string, latencies: number[]): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => quantile(latencies, share).toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms`);
}

async function hints(): Promise<void> {
  const [one, two] = [await connectedBus("bench"), await connectedBus("bench")];
  const sentMs = new Map<bigint, number>();
  const latencies: number[] = [];
  const done = Promise.withResolvers<void>();
  two.subscribe(({ last }) => {
    latencies.push(performance.now() - (sentMs.get(last) ?? Number.NaN));
    if (latencies.length === writes) done.resolve();
  });
  for (let i = 1; i <= writes; i++) {
    sentMs.set(BigInt(i), performance.now());
    one.publish({ first: BigInt(i), last: BigInt(i) });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done.promise;
  print(`${writes} hints, one each ms`, latencies);
  await one.close();
  await two.close();
}

await hints();
await withPostgres(async (url) => {
  const buses: { close(): Promise<void> }[] = [];
  const open = async () => {
    let bus: Awaited<ReturnType<typeof connectedBus>> | undefined;
    const store = await openPostgresStorage({
      url,
      tickMs: 60_000,
      bus: (clusterId) => {
        bus = connectNatsBus({ servers, clusterId });
        buses.push(bus);
        return bus;
      },
    });
    while (!bus?.isConnected()) await new Promise((resolve) => setTimeout(resolve, 5));
    return store;
  };
  const [one, two] = [await open(), await open()];
  const answeredMs = new Map<bigint, number>();
  const shownMs = new Map<bigint, number>();
  two.subscribe(await two.currentRevision(), (batch) => {
    for (const { revision } of batch) shownMs.set(revision, performance.now());
  });
  let sent = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (sent < writes) {
        const name = `b${sent++}`;
        const write = { key: keyOf(name), requestId: name, uid: name, bytes: objectOf(name) };
        const result = await one.write({ op: "create", ...write });
        if (result.status === "committed") answeredMs.set(result.revision, performance.now());
      }
    }),
  );
  while (shownMs.size < answeredMs.size) await new Promise((resolve) => setTimeout(resolve, 5));
  const delays = [...answeredMs].map(([revision, at]) =>
    Math.max(0, (shownMs.get(revision) ?? Number.NaN) - at),
  );
  print(`${answeredMs.size} writes of 8 writers, until another replica has them`, delays);
  await one.close();
  await two.close();
  for (const bus of buses) await bus.close();
});
