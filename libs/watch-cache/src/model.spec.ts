/** The cache against a model that has nothing but the log: any writes, any watches, any pauses. */
import type { KubeObject } from "@kubets/api";
import type { LogEntry, Storage } from "@kubets/storage";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openCache } from "./testing/open-cache.ts";
import { type RecordingSink, turns } from "./testing/recording-sink.ts";
import type { ListResult, ResourceCache, Selection } from "./types.ts";

const names = ["a", "b", "c", "d"];
const namespaces = ["x", "y"];
const apps = ["web", "db"];
const nodes = ["n1", "n2"];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      name: fc.constantFrom(...names),
      namespace: fc.constantFrom(...namespaces),
      app: fc.constantFrom(...apps),
      nodeName: fc.constantFrom(...nodes),
      isDelete: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      turns: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("watch" as const),
      // How far back; undefined: from the present objects.
      back: fc.option(fc.bigInt({ min: 0n, max: 30n }), { nil: undefined }),
      namespace: fc.option(fc.constantFrom(...namespaces), { nil: undefined }),
      name: fc.option(fc.constantFrom(...names), { nil: undefined }),
      nodeName: fc.option(fc.constantFrom(...nodes), { nil: undefined }),
      app: fc.option(fc.constantFrom(...apps), { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("pause" as const), watch: fc.nat(5) }),
  },
);

interface Watched {
  readonly sink: RecordingSink;
  readonly selection: Selection;
  /** Undefined: from the present objects. */
  readonly after: bigint | undefined;
}

function parse(bytes: Buffer): KubeObject {
  return JSON.parse(bytes.toString());
}

function nodeOf(object: KubeObject): unknown {
  const spec: unknown = Reflect.get(object, "spec");
  return typeof spec === "object" && spec !== null ? Reflect.get(spec, "nodeName") : undefined;
}

/** Whether a selection holds, read straight from its definition. */
function holds({ namespace, name, index, matches }: Selection, object: KubeObject): boolean {
  return (
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    (index === undefined || nodeOf(object) === index[1]) &&
    (matches === undefined || matches(object))
  );
}

/** What a watch must see of a log: each line with the revision and the content. */
function expected(log: readonly LogEntry[], selection: Selection, after: bigint): string[] {
  const state = new Map<string, KubeObject>();
  const seen: string[] = [];
  for (const { key, type, bytes, revision } of log) {
    const text = `${key.namespace}/${key.name}`;
    const before = state.get(text);
    const object = parse(bytes);
    const was = before !== undefined && holds(selection, before);
    const is = type !== "delete" && holds(selection, object);
    if (type === "delete") state.delete(text);
    else state.set(text, object);
    if (revision <= after || (!was && !is)) continue;
    const shown = is || type === "delete" ? object : before;
    const event = is ? (was ? "MODIFIED" : "ADDED") : "DELETED";
    seen.push(
      `${event} ${text} ${revision} ${shown?.metadata.labels?.app} ${nodeOf(shown ?? object)}`,
    );
  }
  return seen;
}

function actual(sink: RecordingSink): string[] {
  return sink.events.flatMap(({ type, entry, revision }) => {
    if (entry === undefined) return [];
    const { namespace, name } = entry.key;
    // Both forms say the same, and carry the revision.
    expect(JSON.parse(entry.json.toString())).toEqual(entry.object);
    expect(entry.object.metadata.resourceVersion).toBe(String(revision));
    const app = entry.object.metadata.labels?.app;
    return [`${type} ${namespace}/${name} ${revision} ${app} ${nodeOf(entry.object)}`];
  });
}

async function wholeLog(storage: Storage): Promise<readonly LogEntry[]> {
  return storage.readLog(0n, 100_000);
}

async function listInPages(
  pods: ResourceCache,
  selection: Selection,
  exact: bigint,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  let after: ListResult["next"];
  do {
    const page: ListResult = await pods.list({
      selection,
      freshness: { exact },
      limit: 2,
      ...(after === undefined ? {} : { after }),
    });
    for (const { key, revision } of page.entries) seen.push([key.namespace, key.name, revision]);
    after = page.next;
  } while (after !== undefined);
  return seen;
}

describe("the cache under any writes", () => {
  it("has the state of the log, and every watch sees exactly the log", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 30, maxLength: 120 }),
        fc.constantFrom(4, 20, 10_000),
        async (steps, ringEventsMax) => {
          const { cache, writer, watch, storage, pods } = await openCache({ ringEventsMax });
          const live = new Set<string>();
          const watched: Watched[] = [];
          for (const now of steps) {
            if (now.do === "write") {
              const { name, namespace, app, nodeName } = now;
              const text = `${namespace}/${name}`;
              if (!live.has(text)) await writer.create(name, { app, nodeName }, namespace);
              else if (now.isDelete) await writer.delete(name, namespace);
              else await writer.update(name, { app, nodeName }, namespace);
              if (live.has(text) && now.isDelete) live.delete(text);
              else live.add(text);
              if (now.turns > 0) await turns(now.turns);
            } else if (now.do === "watch") {
              const { namespace, name, nodeName, app } = now;
              const selection: Selection = {
                ...(namespace === undefined ? {} : { namespace }),
                ...(name === undefined ? {} : { name }),
                ...(nodeName === undefined ? {} : { index: ["spec.nodeName", nodeName] as const }),
                ...(app === undefined
                  ? {}
                  : { matches: (object) => object.metadata.labels?.app === app }),
              };
              const back = now.back ?? 0n;
              const after = back > cache.revision ? 0n : cache.revision - back;
              const isCurrent = now.back === undefined;
              const sink = await watch({
                selection,
                bookmarks: true,
                initialEventsEnd: isCurrent,
                from: isCurrent ? { current: "mostRecent" } : { after },
              });
              watched.push({ sink, selection, after: isCurrent ? undefined : after });
            } else {
              const { sink } = watched[now.watch] ?? {};
              if (sink?.isFull === true) sink.drain();
              else if (sink !== undefined) sink.isFull = true;
            }
          }
          await turns();
          for (const { sink } of watched) sink.drain();
          await turns();
          const log = await wholeLog(storage);
          for (const { sink, selection, after } of watched) {
            const seen = actual(sink);
            if (after !== undefined) {
              expect(seen).toEqual(expected(log, selection, after));
              continue;
            }
            const end = sink.events.findIndex((event) => event.initialEventsEnd === true);
            const start = sink.events[end]?.revision ?? -1n;
            expect(seen.slice(end)).toEqual(expected(log, selection, start));
            const list = await pods.list({ selection, freshness: { exact: start } });
            expect(sink.events.slice(0, end).map((event) => event.entry?.json.toString())).toEqual(
              list.entries.map((entry) => entry.json.toString()),
            );
          }
          for (const { selection } of watched) {
            // Now, and at some revision of the past, in pages.
            for (const back of [0n, 3n, 7n]) {
              const atRevision = cache.revision > back ? cache.revision - back : cache.revision;
              const then = await storage.list({ group: "", resource: "pods" }, { atRevision });
              const model = then.objects.filter(({ bytes }) => holds(selection, parse(bytes)));
              expect(await listInPages(pods, selection, atRevision)).toEqual(
                model.map(({ key, revision }) => [key.namespace, key.name, revision]),
              );
            }
          }
          const { objects } = await storage.list({ group: "", resource: "pods" });
          const { entries } = await pods.list({ selection: {}, freshness: "any" });
          expect(entries.map(({ key, revision }) => [key, revision])).toEqual(
            objects.map(({ key, revision }) => [key, revision]),
          );
          await cache.stop();
        },
      ),
      { numRuns: 100 },
    );
  });
});
