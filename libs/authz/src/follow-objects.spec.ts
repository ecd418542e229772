import type { KubeObject } from "@kubets/api";
import { FakeClock, silentLogger } from "@kubets/service";
import type { Entry, WatchEvent, WatchRequest, WatchSink } from "@kubets/watch-cache";
import { expect, test } from "vitest";
import { followObjects, type ObjectIndex } from "./follow-objects.ts";

function entry(name: string, revision: bigint): Entry {
  const object = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "ns" } };
  return {
    key: { group: "", resource: "pods", namespace: "ns", name },
    revision,
    object,
    json: Buffer.from(JSON.stringify(object)),
    form: (_, make) => make(entry(name, revision)),
  };
}

class NameIndex implements ObjectIndex {
  names = new Set<string>();
  replace(objects: readonly KubeObject[]): void {
    this.names = new Set(objects.map((object) => object.metadata.name ?? ""));
  }
  upsert(object: KubeObject): void {
    this.names.add(object.metadata.name ?? "");
  }
  remove(object: KubeObject): void {
    this.names.delete(object.metadata.name ?? "");
  }
}

function world() {
  const clock = new FakeClock();
  const index = new NameIndex();
  const sinks: WatchSink[] = [];
  let open = 0;
  const cache = {
    watch: async (_: WatchRequest, sink: WatchSink) => {
      sinks.push(sink);
      open++;
      return { resume: () => undefined, close: () => void open-- };
    },
  };
  const runnable = followObjects({ name: "pods", cache, index, clock, logger: silentLogger });
  const send = (...events: WatchEvent[]) => sinks.at(-1)?.deliver(events);
  const event = (type: "ADDED" | "MODIFIED" | "DELETED", name: string): WatchEvent => ({
    type,
    entry: entry(name, 1n),
    revision: 1n,
  });
  const complete: WatchEvent = { type: "BOOKMARK", revision: 1n, initialEventsEnd: true };
  return { clock, index, sinks, runnable, send, event, complete, openWatches: () => open };
}

test("it has started when the first state is complete, and follows changes from there", async () => {
  const { clock, index, runnable, send, event, complete, openWatches } = world();
  let started = false;
  const starting = runnable.start(new AbortController().signal).then(() => {
    started = true;
  });
  await clock.advance(0);
  send(event("ADDED", "a"), event("ADDED", "b"));
  await clock.advance(0);
  expect([started, [...index.names]]).toEqual([false, []]);
  send(event("DELETED", "b"), complete);
  await starting;
  expect([...index.names]).toEqual(["a"]);
  send(event("ADDED", "c"), event("DELETED", "a"));
  expect([...index.names]).toEqual(["c"]);
  await runnable.stop();
  expect(openWatches()).toBe(0);
});

test.each([
  ["ends", (sink: WatchSink) => sink.end()],
  [
    "fails",
    (sink: WatchSink) =>
      void sink.deliver([{ type: "ERROR", revision: 2n, error: new Error("too old") }]),
  ],
])(
  "when the watch %s the index stays as it was until the next state is complete",
  async (_, stop) => {
    const { clock, index, sinks, runnable, send, event, complete, openWatches } = world();
    const starting = runnable.start(new AbortController().signal);
    await clock.advance(0);
    send(event("ADDED", "a"), complete);
    await starting;
    const [first] = sinks;
    if (first !== undefined) stop(first);
    await clock.advance(200);
    expect(sinks).toHaveLength(2);
    send(event("ADDED", "z"));
    expect([...index.names]).toEqual(["a"]);
    send(complete);
    expect([...index.names]).toEqual(["z"]);
    await runnable.stop();
    expect(openWatches()).toBe(0);
    expect(clock.pending).toBe(0);
  },
);
