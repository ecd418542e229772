import type { KubeObject } from "@kubets/api";
import { describe, expect, it } from "vitest";
import { Store } from "./store.ts";

const object = (name: string, uid: string, revision: string, node = ""): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "ns", name, uid, resourceVersion: revision, labels: { node } },
});
const byNode = { node: (each: KubeObject) => [each.metadata.labels?.node ?? ""] };

describe("the store", () => {
  it("tells an object that took another's name as a removal and an addition", () => {
    const store = new Store();
    const first = object("a", "1", "1");
    const second = object("a", "2", "2");
    store.set(first);
    expect(store.set(second)).toEqual([
      { key: "ns/a", old: first, current: undefined },
      { key: "ns/a", old: undefined, current: second },
    ]);
  });

  it("swaps its contents and tells only what differs", () => {
    const store = new Store(byNode);
    const [kept, changed, gone] = [
      object("k", "1", "1"),
      object("c", "2", "1", "x"),
      object("g", "3", "1"),
    ];
    store.replace([kept, changed, gone]);
    const moved = object("c", "2", "5", "y");
    const added = object("n", "4", "6", "y");
    expect(store.replace([kept, moved, added])).toEqual([
      { key: "ns/g", old: gone, current: undefined },
      { key: "ns/c", old: changed, current: moved },
      { key: "ns/n", old: undefined, current: added },
    ]);
    expect(store.byIndex("node", "y")).toEqual([moved, added]);
    expect(store.byIndex("node", "x")).toEqual([]);
  });

  it("keeps its indexes in step with single changes", () => {
    const store = new Store(byNode);
    store.set(object("a", "1", "1", "x"));
    store.set(object("a", "1", "2", "y"));
    expect(store.byIndex("node", "x")).toEqual([]);
    expect(store.byIndex("node", "y")).toHaveLength(1);
    store.delete(object("a", "1", "3", "y"));
    expect(store.byIndex("node", "y")).toEqual([]);
    expect(() => store.byIndex("nothing", "")).toThrow("there is no index");
  });
});
