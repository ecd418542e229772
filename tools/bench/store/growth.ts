/**
 * Updates per second of 64 writers with 1,000, 10,000 and 100,000 objects of 1 kB in the store. Each size has a Postgres of
 * its own and takes short turns with the others, in the order A B C C B A, so that whatever else the machine does meets all
 * of them: `node tools/bench/store/growth.ts [--seconds 0.5] [--rounds 12] [--sizes 1000,10000,100000] [--writers 64]`.
 */
import { parseArgs } from "node:util";
import type { Storage } from "@kubets/storage";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { keyOf, median, objectOf, quantile, withPostgres } from "./bench-postgres.ts";
import { fillStore } from "./fill-store.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "0.5" },
    rounds: { type: "string", default: "12" },
    sizes: { type: "string", default: "1000,10000,100000" },
    writers: { type: "string", default: "64" },
  },
});
const sizes = values.sizes.split(",").map(Number);
const writers = Number(values.writers);

interface Turn {
  readonly perSecond: number;
  readonly p99: number;
}

/** A store of one size, under updates of objects all over it, as a cluster of this size has them. */
class GrownStore {
  readonly objects: number;
  readonly turns: Turn[] = [];
  readonly #store: Storage;
  #requests = 0;
  #next = 0;

  private constructor(store: Storage, objects: number) {
    this.#store = store;
    this.objects = objects;
  }

  static async open(url: string, objects: number): Promise<GrownStore> {
    const store = await openPostgresStorage({ url });
    await fillStore(store, objects);
    return new GrownStore(store, objects);
  }

  async turn(seconds: number): Promise<Turn> {
    const latencies: number[] = [];
    const startMs = performance.now();
    const endMs = startMs + seconds * 1_000;
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        while (performance.now() < endMs) latencies.push(await this.#update(writer));
      }),
    );
    latencies.sort((a, b) => a - b);
    const tookSeconds = (performance.now() - startMs) / 1_000;
    return { perSecond: latencies.length / tookSeconds, p99: quantile(latencies, 0.99) };
  }

  /** As the apiserver does it: read, then write what follows from it. Each writer has objects of its own. */
  async #update(writer: number): Promise<number> {
    const share = Math.floor(this.objects / writers);
    const name = `o${((this.#next++ * 7_919) % share) * writers + writer}`;
    const current = await this.#store.get(keyOf(name));
    const sentMs = performance.now();
    const result = await this.#store.write({
      op: "update",
      key: keyOf(name),
      requestId: `r${this.#requests++}`,
      uid: name,
      bytes: objectOf(name),
      expectedRevision: current?.revision ?? 0n,
    });
    if (result.status !== "committed") throw new Error(result.status);
    return performance.now() - sentMs;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

/** One server for each size, all at once. */
async function withStores(
  rest: readonly number[],
  use: (stores: readonly GrownStore[]) => Promise<void>,
  opened: readonly GrownStore[] = [],
): Promise<void> {
  const [objects, ...others] = rest;
  if (objects === undefined) return use(opened);
  await withPostgres(async (url) => {
    const store = await GrownStore.open(url, objects);
    await withStores(others, use, [...opened, store]);
    await store.close();
  });
}

/** Of a round's two turns of each store. */
function sharesOfFirst(of: GrownStore, first: GrownStore): number[] {
  const sums = (turns: readonly Turn[]) =>
    turns.flatMap(({ perSecond }, i) =>
      i % 2 === 0 ? [] : [perSecond + (turns[i - 1]?.perSecond ?? 0)],
    );
  const firsts = sums(first.turns);
  return sums(of.turns).map((sum, i) => sum / (firsts[i] ?? Number.NaN));
}

await withStores(sizes, async (stores) => {
  const order = [...stores, ...stores.toReversed()];
  const seconds = Number(values.seconds);
  for (const store of order) await store.turn(seconds);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const store of order) store.turns.push(await store.turn(seconds));
  }
  for (const store of stores) {
    const { objects, turns } = store;
    // Within a round the machine is the same for all of them.
    const shares = sharesOfFirst(store, stores[0] ?? store).map((share) => share * 100);
    console.log(
      `${String(objects).padStart(7)} objects: ${median(shares).toFixed(0)} % of the first (rounds: ${shares.map((share) => share.toFixed(0)).join(" ")}); ${median(turns.map(({ perSecond }) => perSecond)).toFixed(0)} updates/s, p99 ${median(turns.map(({ p99 }) => p99)).toFixed(1)} ms`,
    );
  }
});
