/**
 * D1: durable conditional puts of 1 kB, ours and etcd's, on the same disk, in one run and in the order A B B A, again
 * and again in short turns, so that whatever else the machine does meets both:
 * `node tools/bench/store/versus-etcd.ts [--seconds 0.5] [--rounds 4] [--writers 1,64,256] [--etcd PROGRAM]`. Needs an
 * etcd: the distribution's, or the current one, whose `etcdmain.Main` of `go.etcd.io/etcd/server/v3` is built in a module of its own.
 */
import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import type { Storage } from "@kubets/storage";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { keyOf, objectOf, quantile, withPostgres } from "./bench-postgres.ts";
import { EtcdClient } from "./etcd-client.ts";
import { EtcdServer } from "./etcd-server.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "0.5" },
    rounds: { type: "string", default: "4" },
    writers: { type: "string", default: "1,64,256" },
    etcd: { type: "string", default: "etcd" },
  },
});

const order = ["A", "B", "B", "A"] as const;

/** Puts a key at the revision it has (0: none) and gives the new one. */
type Put = (name: string, revision: bigint) => Promise<bigint>;

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Closed loop: each writer updates its own key again and again. */
async function measure(put: Put, writers: number, run: string): Promise<Figures> {
  const latencies: number[] = [];
  const revisions = await Promise.all(
    Array.from({ length: writers }, (_, w) => put(`${run}-${w}`, 0n)),
  );
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  await Promise.all(
    revisions.map(async (first, w) => {
      let revision = first;
      while (performance.now() < endMs) {
        const sentMs = performance.now();
        revision = await put(`${run}-${w}`, revision);
        latencies.push(performance.now() - sentMs);
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

function oursOf(store: Storage): Put {
  let requests = 0;
  return async (name, revision) => {
    const base = {
      key: keyOf(name),
      requestId: `${process.pid}-${requests++}`,
      uid: name,
      bytes: objectOf(name),
    };
    const result = await store.write(
      revision === 0n
        ? { ...base, op: "create" }
        : { ...base, op: "update", expectedRevision: revision },
    );
    if (result.status !== "committed") throw new Error(`a write is ${result.status}`);
    return result.revision;
  };
}

function mean(figures: readonly Figures[], pick: (of: Figures) => number): number {
  return figures.reduce((sum, of) => sum + pick(of), 0) / figures.length;
}

const { stdout: version } = await promisify(execFile)(values.etcd, ["--version"]);
console.log(version.split("\n")[0]);
const etcd = await EtcdServer.start(values.etcd);
const client = await EtcdClient.connect(etcd.port);
const theirs: Put = (name, revision) => client.putIfRevision(name, revision, objectOf(name));
await withPostgres(async (url) => {
  const store = await openPostgresStorage({ url });
  const ours = oursOf(store);
  await measure(ours, 16, "warm");
  await measure(theirs, 16, "warm");
  console.log("writers   ours/s  p50 ms  p99 ms   etcd/s  p50 ms  p99 ms   ratio");
  for (const writers of values.writers.split(",").map(Number)) {
    const of: Record<"A" | "B", Figures[]> = { A: [], B: [] };
    const turns = Array.from({ length: Number(values.rounds) }, () => order).flat();
    for (const [turn, which] of turns.entries()) {
      const put = which === "A" ? ours : theirs;
      of[which].push(await measure(put, writers, `t${turn}-${writers}`));
    }
    const cells = (figures: readonly Figures[]) =>
      [
        mean(figures, (f) => f.perSecond)
          .toFixed(0)
          .padStart(8),
        mean(figures, (f) => f.p50)
          .toFixed(2)
          .padStart(7),
        mean(figures, (f) => f.p99)
          .toFixed(2)
          .padStart(7),
      ].join(" ");
    const ratio = mean(of.A, (f) => f.perSecond) / mean(of.B, (f) => f.perSecond);
    console.log(
      `${String(writers).padStart(7)} ${cells(of.A)} ${cells(of.B)}  ${ratio.toFixed(2)}×`,
    );
  }
  await store.close();
});
client.close();
await etcd.stop();
