/**
 * A whole apiserver over a store with 50,000 objects of 1 kB: from the start of its process until /readyz is 200, and the
 * memory that each object costs it: `node tools/bench/store/start-up.ts [--objects 50000] [--runs 5]`.
 * Needs the bundle: `cd apps/apiserver && node ../../tools/bundle.mjs`.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { ApiserverReplica, makeClusterFiles } from "@kubets/testing";
import { apiserverBundle, median, objectOf, withPostgres } from "./bench-postgres.ts";
import { fillStore } from "./fill-store.ts";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "50000" },
    runs: { type: "string", default: "5" },
  },
});
const objects = Number(values.objects);

/** Resident, in bytes: what the process costs the machine. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error("the kernel does not say how much memory it has");
  return Number(kilobytes) * 1_024;
}

interface Run {
  readonly readyMs: number;
  readonly bytes: number;
}

const files = await makeClusterFiles();
await withPostgres(async (databaseUrl) => {
  const replica = await ApiserverReplica.create(
    { files, databaseUrl, entry: apiserverBundle },
    "apiserver",
  );
  async function startOnce(): Promise<Run> {
    const readyMs = await replica.start();
    const bytes = await memoryOf(replica.pid ?? 0);
    await replica.kill();
    return { readyMs, bytes };
  }
  async function report(what: string): Promise<Run> {
    const runs: Run[] = [];
    for (let run = 0; run < Number(values.runs); run++) runs.push(await startOnce());
    const took = runs.map(({ readyMs }) => readyMs);
    const all = {
      readyMs: median(took),
      bytes: median(runs.map(({ bytes }) => bytes)),
    };
    console.log(
      `${what}: ready after ${all.readyMs.toFixed(0)} ms (${Math.min(...took).toFixed(0)} to ${Math.max(...took).toFixed(0)} in ${took.length} runs), ${(all.bytes / 2 ** 20).toFixed(0)} MiB resident`,
    );
    return all;
  }

  const first = await startOnce();
  console.log(`a new store: ready after ${first.readyMs.toFixed(0)} ms`);
  const empty = await report("without objects");
  const store = await openPostgresStorage({ url: databaseUrl });
  await fillStore(store, objects);
  await store.close();
  const full = await report(`with ${objects} objects of ${objectOf("o1").length} bytes`);
  console.log(`${((full.bytes - empty.bytes) / objects).toFixed(0)} bytes for each object`);
});
files.remove();
