/**
 * Writes to the store alone: `node tools/bench/storage.ts [--url postgres://…] [--seconds 3] [--bytes 1000]`.
 * Without a URL a server of our own is started in a temporary folder. Prints puts per second, the latency and
 * the CPU time of this process for each write.
 */

import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { silentLogger } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { startEmbeddedPostgres } from "@kubets/storage-postgres/embedded";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    seconds: { type: "string", default: "3" },
    bytes: { type: "string", default: "1000" },
    writers: { type: "string", default: "1,10,64,256" },
  },
});
const seconds = Number(values.seconds);

interface Measured {
  readonly writers: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicros: number;
  /** Of our own server; absent for one that was given. */
  readonly serverCpuMicros: number;
}

let serverPid: number | undefined;

/** CPU time of the server's processes, from /proc, in microseconds. */
function serverCpu(): number {
  if (serverPid === undefined) return Number.NaN;
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(pid) === serverPid || Number(fields[1]) === serverPid) {
        ticks += Number(fields[11]) + Number(fields[12]);
      }
    } catch {
      // It has just ended.
    }
  }
  return ticks * 10_000;
}

/** Closed loop: each writer creates one object after the other, or updates its own. */
async function measure(
  store: Storage,
  writers: number,
  op: "create" | "update",
): Promise<Measured> {
  const filler = "x".repeat(Math.max(0, Number(values.bytes) - 150));
  const latencies: number[] = [];
  const run = `${op}-${writers}-${process.pid}-${performance.now()}`;
  const key = (name: string) => ({ group: "", resource: "configmaps", namespace: "bench", name });
  const bytesOf = (name: string) =>
    Buffer.from(
      `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"${name}","namespace":"bench"},"data":{"a":"${filler}"}}`,
    );
  let requests = 0;
  const cpu = process.cpuUsage();
  const serverBefore = serverCpu();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  async function writer(w: number): Promise<void> {
    let revision = 0n;
    for (let i = 0; performance.now() < endMs; i++) {
      const name = op === "create" || i === 0 ? `${run}-${w}-${i}` : `${run}-${w}-0`;
      const base = {
        key: key(name),
        requestId: `${run}-${requests++}`,
        uid: name,
        bytes: bytesOf(name),
      };
      const sentMs = performance.now();
      const result = await store.write(
        op === "create" || i === 0
          ? { ...base, op: "create" }
          : { ...base, op: "update", expectedRevision: revision },
      );
      latencies.push(performance.now() - sentMs);
      if (result.status !== "committed") throw new Error(`a write is ${result.status}`);
      revision = result.revision;
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, w) => writer(w)));
  const { user, system } = process.cpuUsage(cpu);
  const took = (performance.now() - startMs) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    writers,
    perSecond: latencies.length / took,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMicros: (user + system) / latencies.length,
    serverCpuMicros: (serverCpu() - serverBefore) / latencies.length,
  };
}

async function withUrl(use: (url: string) => Promise<void>): Promise<void> {
  if (values.url !== undefined) return use(values.url);
  const dataDir = await mkdtemp(join(tmpdir(), "kubets-bench-"));
  await chmod(dataDir, 0o755);
  const server = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
  try {
    serverPid = server.pid;
    await use(server.url);
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

await withUrl(async (url) => {
  const store = await openPostgresStorage({ url });
  console.log("op       writers    put/s   p50 ms   p99 ms   CPU µs/write: Node  server");
  for (const op of ["create", "update"] as const) {
    await measure(store, 10, op);
    for (const writers of values.writers.split(",").map(Number)) {
      const { perSecond, p50Ms, p99Ms, cpuMicros, serverCpuMicros } = await measure(
        store,
        writers,
        op,
      );
      console.log(
        `${op}  ${String(writers).padStart(8)}  ${perSecond.toFixed(0).padStart(7)}  ${p50Ms.toFixed(2).padStart(7)}  ${p99Ms.toFixed(2).padStart(7)}  ${cpuMicros.toFixed(1).padStart(19)}  ${serverCpuMicros.toFixed(1).padStart(6)}`,
      );
    }
  }
  await store.close();
});
