/**
 * One replica's store in a process of its own: the store in Postgres with a watch cache over it, as the apiserver
 * has it, driven by its parent. Faults are armed by name. Not a part of any program.
 */
import { type Bus, createMemoryBus } from "@kubets/bus";
import { connectNatsBus } from "@kubets/bus-nats";
import type { ObjectKey, Storage } from "@kubets/storage";
import { StorageError } from "@kubets/storage";
import { openPostgresStorage } from "@kubets/storage-postgres";
import { createWatchCache, type WatchCache, type WatchEvent } from "@kubets/watch-cache";
import type { WatchedEvent } from "../history/history.ts";
import { brokenBuild } from "./broken-builds.ts";
import { faultTrap } from "./fault-trap.ts";
import { contentOf, keyName } from "./object-content.ts";
import type { FromStore, StoreProcessOptions, ToStore } from "./store-protocol.ts";

const resource = { group: "", resource: "configmaps" };

function send(message: FromStore): void {
  process.send?.(message);
}

const trap = faultTrap((fault) => send({ fault }));
const options: StoreProcessOptions = JSON.parse(process.argv[2] ?? "{}");
const broken = brokenBuild(options.control);
const { natsServer } = options;
const storage: Storage = broken.storage(
  await openPostgresStorage({
    url: options.url,
    connectionsMax: 4,
    tickMs: options.tickMs ?? 500,
    faultPoint: trap.faultPoint,
    bus: (clusterId): Bus =>
      natsServer === undefined
        ? createMemoryBus()
        : connectNatsBus({ servers: [natsServer], clusterId }),
  }),
);
const cache: WatchCache = createWatchCache({ storage, bookmarkIntervalMs: 40 });
await cache.start(new AbortController().signal);
const objects = cache.resource(resource);
const handles = new Map<number, { close(): void }>();

function shown(event: WatchEvent): WatchedEvent | undefined {
  const { type, revision, entry } = event;
  if (type === "BOOKMARK") return broken.bookmark({ type, revision }, cache.revision);
  if (type === "ERROR" || entry === undefined) return undefined;
  return { type, revision, key: keyName(entry.key), content: contentOf(entry.object) };
}

async function watch(id: number, after: bigint): Promise<void> {
  let gone = false;
  const handle = await objects.watch(
    { selection: {}, from: { after }, bookmarks: true, initialEventsEnd: false },
    {
      deliver: (events) => {
        gone ||= events.some(({ type }) => type === "ERROR");
        send({ watch: id, events: events.flatMap((event) => shown(event) ?? []) });
        return true;
      },
      end: () => {
        handles.delete(id);
        send({ watch: id, ended: true, gone });
      },
    },
  );
  handles.set(id, handle);
}

async function get(key: ObjectKey) {
  const entry = await objects.get(key.namespace, key.name, "mostRecent");
  if (entry === undefined) return undefined;
  return { revision: entry.revision, content: contentOf(entry.object) };
}

async function list(namespace: string) {
  const { revision, entries } = await objects.list({
    selection: { namespace },
    freshness: "mostRecent",
  });
  return { revision, items: new Map(entries.map((entry) => [keyName(entry.key), entry.revision])) };
}

async function answer(request: ToStore): Promise<unknown> {
  switch (request.do) {
    case "write": {
      // The channel between processes makes other arrays of Buffers.
      const { write } = request;
      return storage.write({ ...write, bytes: Buffer.from(write.bytes) });
    }
    case "get":
      return get(request.key);
    case "list":
      return list(request.namespace);
    case "watch":
      return watch(request.watch, request.after);
    case "unwatch":
      handles.get(request.watch)?.close();
      handles.delete(request.watch);
      return undefined;
    case "compact":
      return storage.compact(request.revision);
    case "revision":
      return storage.currentRevision();
    case "arm":
      trap.arm(request);
      return undefined;
  }
}

process.on("message", (request: ToStore) => {
  answer(request).then(
    (result) => send({ id: request.id, result }),
    (error: unknown) => {
      const failure = error instanceof StorageError ? error.code : "other";
      send({ id: request.id, failure, message: String(error) });
    },
  );
});
// The parent has gone: nobody is left to answer.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
send({ ready: true });
