import { describe, expect, it } from "vitest";
import { clusterOf, nodeObject, podInfo } from "../testing/builders.ts";
import { CPU } from "./resource-table.ts";

const placed = (name: string, nodeName: string, cpu = "1") =>
  podInfo(name, { nodeName, requests: { cpu } });

describe("the cluster state", () => {
  it("counts an assumed pod once, also after the informer has confirmed it", () => {
    const cluster = clusterOf([nodeObject("n")]);
    cluster.assume(podInfo("p", { requests: { cpu: "1" } }), "n");
    expect(cluster.assumedPods).toBe(1);
    const version = cluster.version;
    cluster.setPod(placed("p", "n"));
    expect(cluster.assumedPods).toBe(0);
    expect(cluster.node("n")?.requested(CPU)).toBe(1_000);
    expect(cluster.version).toBe(version);
  });

  it("gives back what a forgotten pod had, but keeps one that was confirmed", () => {
    const cluster = clusterOf([nodeObject("n")]);
    const pod = podInfo("p", { requests: { cpu: "1" } });
    cluster.assume(pod, "n");
    cluster.forget(pod.uid);
    expect(cluster.node("n")?.requested(CPU)).toBe(0);
    cluster.assume(pod, "n");
    cluster.setPod(placed("p", "n"));
    cluster.forget(pod.uid);
    expect(cluster.node("n")?.requested(CPU)).toBe(1_000);
  });

  it("believes the informer when a pod is elsewhere than assumed", () => {
    const cluster = clusterOf([nodeObject("a"), nodeObject("b")]);
    cluster.assume(podInfo("p", { requests: { cpu: "1" } }), "a");
    cluster.setPod(placed("p", "b"));
    expect(cluster.node("a")?.requested(CPU)).toBe(0);
    expect(cluster.node("b")?.requested(CPU)).toBe(1_000);
  });

  it("keeps pods whose node is not known yet, and counts them once it is", () => {
    const cluster = clusterOf([]);
    cluster.setPod(placed("p", "late"));
    expect(cluster.nodes).toEqual([]);
    cluster.setNode(nodeObject("late"));
    expect(cluster.node("late")?.requested(CPU)).toBe(1_000);
  });

  it("keeps the pods of a node that is gone until they are gone too, then gives its slot to another", () => {
    const cluster = clusterOf([nodeObject("a")]);
    cluster.setPod(placed("p", "a"));
    cluster.removeNode("a");
    expect(cluster.nodes).toEqual([]);
    cluster.setNode(nodeObject("b"));
    expect(cluster.slots).toBe(2);
    cluster.removePod(placed("p", "a").uid);
    cluster.setNode(nodeObject("c"));
    expect(cluster.slots).toBe(2);
    expect(cluster.node("c")?.requested(CPU)).toBe(0);
  });

  it("tells which nodes changed since a version, each once", () => {
    const cluster = clusterOf([nodeObject("a"), nodeObject("b"), nodeObject("c")]);
    const version = cluster.version;
    cluster.setPod(placed("p", "b"));
    cluster.setPod(placed("q", "a"));
    cluster.setPod(placed("r", "b"));
    const changed: string[] = [];
    cluster.changedSince(version, ({ name }) => changed.push(name));
    expect(changed).toEqual(["b", "a"]);
  });

  it("lets zones take turns", () => {
    const zone = (name: string, value: string) =>
      nodeObject(name, { labels: { "topology.kubernetes.io/zone": value } });
    const cluster = clusterOf([zone("a1", "a"), zone("a2", "a"), zone("a3", "a"), zone("b1", "b")]);
    expect(cluster.nodes.map(({ name }) => name)).toEqual(["a1", "b1", "a2", "a3"]);
  });

  it("has exact sums after extended resources came and went, past the first few columns", () => {
    const cluster = clusterOf(
      Array.from({ length: 100 }, (_, i) =>
        nodeObject(`n${i}`, { allocatable: { [`example.com/r${i}`]: "3" } }),
      ),
    );
    cluster.setPod(podInfo("p", { nodeName: "n99", requests: { "example.com/r99": "2" } }));
    const node = cluster.node("n99");
    const column = node?.table.column("example.com/r99") ?? -1;
    expect(node?.allocatable(column)).toBe(3);
    expect(node?.requested(column)).toBe(2);
    expect(cluster.node("n98")?.allocatable(column)).toBe(0);
  });
});
