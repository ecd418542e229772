/**
 * D2: a subscription and a watch that begin 100,000 revisions back: `node tools/bench/store/catch-up.ts [--events 100000] [--bytes 500]`.
 * Prints events per second until the present, and that none is missing. A client's watch is given at most 64 MiB of
 * history; more of it is 410.
 */
import { parseArgs } from "node:util";
import type { Storage } from "@kubets/storage";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { createWatchCache } from "@kubets/watch-cache";
import { keyOf, objectOf, withPostgres } from "./bench-postgres.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    bytes: { type: "string", default: "500" },
  },
});
const size = Number(values.bytes);
const events = Number(values.events);

async function fill(store: Storage): Promise<void> {
  const revisions = new Array<bigint>(500).fill(0n);
  let made = 0;
  await Promise.all(
    revisions.map(async (_, w) => {
      const name = `w${w}`;
      let revision = 0n;
      while (made < events) {
        made += 1;
        const base = {
          key: keyOf(name),
          requestId: `f-${made}`,
          uid: name,
          bytes: objectOf(name, size),
        };
        const result = await store.write(
          revision === 0n
            ? { ...base, op: "create" }
            : { ...base, op: "update", expectedRevision: revision },
        );
        if (result.status !== "committed") throw new Error(result.status);
        revision = result.revision;
      }
    }),
  );
}

/** Seconds until `last` was delivered; throws when a revision is missing. */
function follow(store: Storage, last: bigint): Promise<number> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    let next = 1n;
    store.subscribe(
      0n,
      (batch) => {
        for (const { revision } of batch) {
          if (revision !== next) reject(new Error(`${next} is missing`));
          next = revision + 1n;
        }
        if (next > last) resolve((performance.now() - startMs) / 1_000);
      },
      reject,
    );
  });
}

/** The same for a client's watch over a fresh cache, which has nothing in its ring. */
async function watch(store: Storage, last: bigint): Promise<number> {
  const cache = createWatchCache({ storage: store });
  await cache.start(new AbortController().signal);
  const startMs = performance.now();
  let next = 1n;
  await new Promise<void>((resolve, reject) => {
    cache
      .resource({ group: "", resource: "configmaps" })
      .watch(
        { selection: {}, from: { after: 0n }, bookmarks: false, initialEventsEnd: false },
        {
          deliver: (delivered) => {
            for (const { revision, error } of delivered) {
              if (error !== undefined) reject(error);
              else if (revision !== next) reject(new Error(`${next} is missing`));
              next = revision + 1n;
            }
            if (next > last) resolve();
            return true;
          },
          end: () => reject(new Error("the watch has ended")),
        },
      )
      .catch(reject);
  });
  const seconds = (performance.now() - startMs) / 1_000;
  await cache.stop();
  return seconds;
}

await withPostgres(async (url) => {
  const store = await openPostgresStorage({ url });
  const startMs = performance.now();
  await fill(store);
  const filled = (performance.now() - startMs) / 1_000;
  console.log(`filled by ${events} updates in ${filled.toFixed(1)} s`);
  const last = await store.currentRevision();
  for (let run = 0; run < 3; run++) {
    const log = Number(last) / (await follow(store, last));
    const client = Number(last) / (await watch(store, last));
    console.log(
      `${last} events behind: log ${log.toFixed(0)}/s, watch ${client.toFixed(0)}/s, no gap`,
    );
  }
  await store.close();
});
