/**
 * Patches of one object by 16 clients at once, and at a steady rate of 200 a second, through one apiserver. Builds of the
 * program take turns, in the order A B B A: `node tools/bench/store/hot-object.ts [--seconds 3] [--builds A.js,B.js]`.
 */
import { parseArgs } from "node:util";
import { ApiserverReplica, makeClusterFiles } from "@kubets/testing";
import { apiserverBundle, median, quantile, withPostgres } from "./bench-postgres.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    builds: { type: "string", default: apiserverBundle },
  },
});
const seconds = Number(values.seconds);
const path = "/api/v1/namespaces/default/configmaps/hot";
const clients = 16;
const rate = 200;

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

let patches = 0;
async function patch(replica: ApiserverReplica, latencies: number[]): Promise<void> {
  const sentMs = performance.now();
  const body = { data: { n: String(patches++) } };
  const type = "application/merge-patch+json";
  const { status } = await replica.endpoint.request("PATCH", path, body, type);
  if (status !== 200) throw new Error(`a patch was answered ${status}`);
  latencies.push(performance.now() - sentMs);
}

function figuresOf(latencies: number[], startMs: number): Figures {
  latencies.sort((a, b) => a - b);
  return {
    perSecond: (latencies.length / (performance.now() - startMs)) * 1_000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

async function together(replica: ApiserverReplica): Promise<Figures> {
  const latencies: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < endMs) await patch(replica, latencies);
    }),
  );
  return figuresOf(latencies, startMs);
}

/** Whether the earlier ones were answered or not. */
async function steadily(replica: ApiserverReplica): Promise<Figures> {
  const latencies: number[] = [];
  const startMs = performance.now();
  const sent: Promise<void>[] = [];
  while (sent.length < rate * seconds) {
    const due = Math.floor(((performance.now() - startMs) / 1_000) * rate);
    while (sent.length < Math.min(due, rate * seconds)) sent.push(patch(replica, latencies));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sent);
  return figuresOf(latencies, startMs);
}

const files = await makeClusterFiles();
await withPostgres(async (databaseUrl) => {
  const builds = values.builds.split(",");
  const replicas: ApiserverReplica[] = [];
  for (const [i, entry] of builds.entries()) {
    const replica = await ApiserverReplica.create({ files, databaseUrl, entry }, `build-${i}`);
    await replica.start();
    replicas.push(replica);
  }
  const [first] = replicas;
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "hot" } };
  await first?.endpoint.request("POST", path.replace(/\/hot$/, ""), object);
  for (const [what, measure] of [
    [`${clients} clients at once`, together],
    [`${rate} a second`, steadily],
  ] as const) {
    const of = new Map<ApiserverReplica, Figures[]>(replicas.map((replica) => [replica, []]));
    for (const replica of replicas) await measure(replica);
    for (const replica of [...replicas, ...replicas.toReversed()]) {
      of.get(replica)?.push(await measure(replica));
    }
    for (const [i, figures] of [...of.values()].entries()) {
      const middle = (pick: (figure: Figures) => number) => median(figures.map(pick));
      console.log(
        `${builds[i]}, ${what}: ${middle((f) => f.perSecond).toFixed(0)} patches/s, p50 ${middle((f) => f.p50).toFixed(1)} ms, p99 ${middle((f) => f.p99).toFixed(1)} ms`,
      );
    }
  }
  for (const replica of replicas) await replica.kill();
});
files.remove();
