import { describe, expect, it } from "vitest";
import { CLUSTERS_MAX, checkClusterName, networkAt, withMoreNodes } from "./cluster-spec.ts";
import { freeIndex } from "./spec-store.ts";

describe("a cluster's networks", () => {
  it("never overlap between the places of the pool", () => {
    const all = Array.from({ length: CLUSTERS_MAX }, (_, index) => networkAt(index, "containerd"));
    const ranges = all.flatMap(({ podCidr, fabricCidr }) => [podCidr, fabricCidr]);
    expect(new Set(ranges).size).toBe(2 * CLUSTERS_MAX);
    expect(all[0]).toMatchObject({
      podCidr: "10.244.0.0/16",
      gateway: "10.200.0.1",
      bridge: "kubets-0",
    });
  });
  const cluster = (runtime: "containerd" | "simulated") => ({
    name: "a",
    network: networkAt(3, runtime),
    nodes: [],
    apiserverPort: 6443,
  });
  it("give every node its own address on the fabric, and its own port when simulated", () => {
    expect(withMoreNodes(cluster("containerd"), [{}, { labels: { zone: "b" } }])).toEqual([
      { name: "a-node-1", address: "10.200.3.11" },
      { name: "a-node-2", address: "10.200.3.12", labels: { zone: "b" } },
    ]);
    expect(withMoreNodes(cluster("simulated"), [{}, {}])).toEqual([
      { name: "a-node-1", address: "127.0.0.1", kubeletPort: 6453 },
      { name: "a-node-2", address: "127.0.0.1", kubeletPort: 6454 },
    ]);
  });
  it("give a node that is added the first number that is free", () => {
    const [, second, third] = withMoreNodes(cluster("containerd"), [{}, {}, {}]);
    if (second === undefined || third === undefined) throw new Error("three nodes");
    const left = { ...cluster("containerd"), nodes: [second, third] };
    expect(withMoreNodes(left, [{}, {}]).map(({ name }) => name)).toEqual([
      "a-node-2",
      "a-node-3",
      "a-node-1",
      "a-node-4",
    ]);
  });
  it("take the first place that no cluster has and whose ranges are free", () => {
    expect(freeIndex([], () => true)).toBe(0);
    expect(freeIndex([], (index) => index > 4)).toBe(5);
    expect(() => freeIndex([], () => false)).toThrow(/all 16 networks are taken/);
  });
});

describe("a cluster's name", () => {
  it.each(["a", "kubets", "my-cluster-2", "a".repeat(32)])("may be %s", (name) => {
    expect(() => checkClusterName(name)).not.toThrow();
  });
  it.each(["", "-a", "a-", "A", "a.b", "../x", "a b", "a".repeat(33)])("may not be %j", (name) => {
    expect(() => checkClusterName(name)).toThrow(/must be 1 to 32 lower case/);
  });
});
