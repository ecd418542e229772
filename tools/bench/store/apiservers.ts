/**
 * A1 and A2 with one and with two apiservers over one Postgres, in the order A B B A: creates of ConfigMaps by 10 and 64
 * clients, and renewals of 1,000 leases, 64 under way: `node tools/bench/store/apiservers.ts [--seconds 3] [--rounds 2]`.
 * The clients share this machine with the servers. Needs the bundle: `cd apps/apiserver && node ../../tools/bundle.mjs`.
 */
import { parseArgs } from "node:util";
import { ApiserverReplica, makeClusterFiles } from "@kubets/testing";
import { apiserverBundle, median, quantile, withPostgres } from "./bench-postgres.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "2" },
  },
});
const configMaps = "/api/v1/namespaces/default/configmaps";
const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const leaseCount = 1_000;

interface Figures {
  readonly perSecond: number;
  readonly p99: number;
}
/** One request of the client with this number; it says how many clients there are. */
type Ask = (replica: ApiserverReplica, client: number) => Promise<void>;

/** Closed loop: every client asks its replica again as soon as it is answered. */
async function measure(
  replicas: readonly ApiserverReplica[],
  clients: number,
  ask: Ask,
): Promise<Figures> {
  const latencies: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const replica = replicas[client % replicas.length];
      while (replica !== undefined && performance.now() < endMs) {
        const sentMs = performance.now();
        await ask(replica, client);
        latencies.push(performance.now() - sentMs);
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  const seconds = (performance.now() - startMs) / 1_000;
  return { perSecond: latencies.length / seconds, p99: quantile(latencies, 0.99) };
}

async function send(
  replica: ApiserverReplica,
  method: string,
  path: string,
  body: unknown,
): Promise<string> {
  const { status, body: text } = await replica.endpoint.request(method, path, body);
  if (status !== 200 && status !== 201) throw new Error(`${method} ${path} was answered ${status}`);
  const { metadata }: { metadata: { resourceVersion: string } } = JSON.parse(text);
  return metadata.resourceVersion;
}

let objects = 0;
const create: Ask = async (replica) => {
  const metadata = { name: `bench-${objects++}` };
  const data = { padding: "x".repeat(800) };
  await send(replica, "POST", configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
};

function leaseOf(index: number, resourceVersion?: string): object {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name: `lease-${index}`,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: {
      holderIdentity: `node-${index}`,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    },
  };
}

/** Each client has leases of its own, so that no renewal meets another. */
async function renewals(replica: ApiserverReplica, clients: number): Promise<Ask> {
  const versions = new Array<string>(leaseCount);
  for (let i = 0; i < leaseCount; i++)
    versions[i] = await send(replica, "POST", leases, leaseOf(i));
  const turns = new Array<number>(clients).fill(0);
  return async (through, client) => {
    const turn = turns[client] ?? 0;
    turns[client] = turn + 1;
    const index = (turn % Math.floor(leaseCount / clients)) * clients + client;
    const path = `${leases}/lease-${index}`;
    versions[index] = await send(through, "PUT", path, leaseOf(index, versions[index]));
  };
}

const files = await makeClusterFiles();
await withPostgres(async (databaseUrl) => {
  const make = (name: string) =>
    ApiserverReplica.create({ files, databaseUrl, entry: apiserverBundle }, name);
  const [one, two] = [await make("one"), await make("two")];
  const startMs = [await one.start(), await two.start()];
  console.log(`ready after ${startMs.map((ms) => ms.toFixed(0)).join(" and ")} ms`);
  const renew = await renewals(one, 64);
  const workloads = [
    ["A1, 10 clients", 10, create],
    ["A1, 64 clients", 64, create],
    ["A2, 64 renewals under way", 64, renew],
  ] as const;
  for (const [what, clients, ask] of workloads) {
    await measure([one, two], clients, ask);
    const of: Record<1 | 2, Figures[]> = { 1: [], 2: [] };
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const count of [1, 2, 2, 1] as const) {
        of[count].push(await measure(count === 1 ? [one] : [one, two], clients, ask));
      }
    }
    for (const count of [1, 2] as const) {
      const [perSecond, p99] = [of[count].map((f) => f.perSecond), of[count].map((f) => f.p99)];
      console.log(
        `${what}, ${count} apiserver${count > 1 ? "s" : ""}: ${median(perSecond).toFixed(0)}/s, p99 ${median(p99).toFixed(1)} ms (medians of ${perSecond.length} turns)`,
      );
    }
  }
  await one.kill();
  await two.kill();
});
files.remove();
