/**
 * Writes per second and reads with 1,000, 10,000 and 100,000 objects of 1 kB in the store, and with 50,000 the memory
 * of the cache and the time until it is ready: `node --expose-gc tools/bench/store/growth.ts [--seconds 3]`.
 */
import { parseArgs } from "node:util";
import type { Storage } from "@kubets/storage";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { createWatchCache } from "@kubets/watch-cache";
import { keyOf, objectOf, quantile, withPostgres } from "./bench-postgres.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    sizes: { type: "string", default: "1000,10000,50000,100000" },
    writers: { type: "string", default: "64" },
  },
});
const startAt = 50_000;
let requests = 0;

async function fill(store: Storage, from: number, to: number): Promise<void> {
  let next = from;
  await Promise.all(
    Array.from({ length: 256 }, async () => {
      while (next < to) {
        const name = `o${next++}`;
        const bytes = objectOf(name);
        const write = { key: keyOf(name), requestId: `r${requests++}`, uid: name, bytes };
        const result = await store.write({ op: "create", ...write });
        if (result.status !== "committed") throw new Error(result.status);
      }
    }),
  );
}

/** Updates of random objects, as a cluster of this size has them. */
async function updates(
  store: Storage,
  objects: number,
): Promise<{ perSecond: number; p99: number }> {
  const latencies: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  const writers = Number(values.writers);
  await Promise.all(
    Array.from({ length: writers }, async (_, w) => {
      for (let i = 0; performance.now() < endMs; i++) {
        // Each writer has objects of its own, spread over all.
        const share = Math.floor(objects / writers);
        const name = `o${((i * 7_919) % share) * writers + w}`;
        const current = await store.get(keyOf(name));
        const sentMs = performance.now();
        const result = await store.write({
          op: "update",
          key: keyOf(name),
          requestId: `r${requests++}`,
          uid: name,
          bytes: objectOf(name),
          expectedRevision: current?.revision ?? 0n,
        });
        if (result.status !== "committed") throw new Error(result.status);
        latencies.push(performance.now() - sentMs);
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  const seconds = (performance.now() - startMs) / 1_000;
  return { perSecond: latencies.length / seconds, p99: quantile(latencies, 0.99) };
}

function memoryNow(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function startOf(store: Storage, objects: number): Promise<void> {
  for (let run = 0; run < 3; run++) {
    const before = memoryNow();
    const startMs = performance.now();
    const cache = createWatchCache({ storage: store });
    await cache.start(new AbortController().signal);
    const ms = performance.now() - startMs;
    const perObject = (memoryNow() - before) / objects;
    console.log(
      `${objects} objects: the cache is ready after ${ms.toFixed(0)} ms, ${perObject.toFixed(0)} bytes for each of ${objectOf("x").length}`,
    );
    await cache.stop();
  }
}

await withPostgres(async (url) => {
  const store = await openPostgresStorage({ url });
  let objects = 0;
  let first: number | undefined;
  for (const size of values.sizes.split(",").map(Number)) {
    await fill(store, objects, size);
    objects = size;
    await updates(store, objects);
    const { perSecond, p99 } = await updates(store, objects);
    first ??= perSecond;
    console.log(
      `${String(objects).padStart(7)} objects: ${perSecond.toFixed(0)} updates/s (${((perSecond / first) * 100).toFixed(0)} % of the first), p99 ${p99.toFixed(1)} ms`,
    );
    if (objects === startAt) await startOf(store, objects);
  }
  await store.close();
});
