/** What each node plugin says, in upstream's words. */
import type { Node, Pod } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import {
  clusterOf,
  frameworkOf,
  type NodeOptions,
  nodeObject,
  outcome,
  type PodOptions,
  podInfo,
  podObject,
  scheduleOn,
  scoresOf,
} from "../testing/builders.ts";
import { imageLocality } from "./image-locality.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { taintToleration } from "./taint-toleration.ts";

const all = frameworkOf([
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
]);

const requiring = (...matchExpressions: object[]): PodOptions => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: matchExpressions as never }],
      },
    },
  },
});
const only = (reason: string) => `0/1 nodes are available: 1 ${reason}.`;

const filters: readonly {
  what: string;
  pod: PodOptions;
  node?: NodeOptions;
  placed?: readonly Pod[];
  expected: string;
}[] = [
  { what: "an empty node takes a pod", pod: {}, expected: "n" },
  {
    what: "too little cpu is named",
    pod: { requests: { cpu: "2" } },
    placed: [podObject("a", { requests: { cpu: "2500m" } })],
    expected: only("Insufficient cpu"),
  },
  {
    what: "everything that is missing is named",
    pod: { requests: { cpu: "5", memory: "33Gi", "example.com/gpu": "1" } },
    expected:
      "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Insufficient memory.",
  },
  {
    what: "a full node is named",
    pod: {},
    node: { allocatable: { pods: "1" } },
    placed: [podObject("a")],
    expected: only("Too many pods"),
  },
  {
    what: "what ends exactly at the limit fits",
    pod: { requests: { cpu: "1500m", memory: "16Gi" } },
    placed: [podObject("a", { requests: { cpu: "2500m", memory: "16Gi" } })],
    expected: "n",
  },
  {
    what: "the greatest init container counts when it needs more than the containers",
    pod: {
      requests: { cpu: "1" },
      initContainers: [{ name: "i", resources: { requests: { cpu: "5" } } }],
    },
    expected: only("Insufficient cpu"),
  },
  {
    what: "the pod's overhead counts",
    pod: { requests: { cpu: "3" }, overhead: { cpu: "1500m" } },
    expected: only("Insufficient cpu"),
  },
  {
    what: "a cordoned node is named",
    pod: {},
    node: { unschedulable: true },
    expected: only("node(s) were unschedulable"),
  },
  {
    what: "a cordoned node takes a pod that tolerates it",
    pod: { tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] },
    node: { unschedulable: true },
    expected: "n",
  },
  {
    what: "a taint that is not tolerated",
    pod: {},
    node: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] },
    expected: only("node(s) had untolerated taint(s)"),
  },
  {
    what: "a taint that is tolerated",
    pod: { tolerations: [{ key: "k", value: "v", effect: "NoSchedule" }] },
    node: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] },
    expected: "n",
  },
  {
    what: "a preference against scheduling does not keep a pod away",
    pod: {},
    node: { taints: [{ key: "k", effect: "PreferNoSchedule" }] },
    expected: "n",
  },
  {
    what: "another node was asked for by name",
    pod: { nodeName: "other" },
    expected: only("node(s) didn't match the requested node name"),
  },
  {
    what: "a node selector that does not match",
    pod: { nodeSelector: { disk: "ssd" } },
    node: { labels: { disk: "hdd" } },
    expected: only("node(s) didn't match Pod's node affinity/selector"),
  },
  {
    what: "a node selector that matches",
    pod: { nodeSelector: { disk: "ssd" } },
    node: { labels: { disk: "ssd" } },
    expected: "n",
  },
  {
    what: "required affinity: In",
    pod: requiring({ key: "zone", operator: "In", values: ["a", "b"] }),
    node: { labels: { zone: "c" } },
    expected: only("node(s) didn't match Pod's node affinity/selector"),
  },
  {
    what: "required affinity: NotIn and DoesNotExist hold for a missing label",
    pod: requiring(
      { key: "zone", operator: "NotIn", values: ["a"] },
      { key: "zone", operator: "DoesNotExist" },
    ),
    expected: "n",
  },
  {
    what: "required affinity: Gt compares numbers",
    pod: requiring({ key: "cores", operator: "Gt", values: ["9"] }),
    node: { labels: { cores: "10" } },
    expected: "n",
  },
  {
    what: "required affinity: Lt refuses what is no number",
    pod: requiring({ key: "cores", operator: "Lt", values: ["9"] }),
    node: { labels: { cores: "few" } },
    expected: only("node(s) didn't match Pod's node affinity/selector"),
  },
  {
    what: "an empty term matches nothing",
    pod: requiring(),
    expected: only("node(s) didn't match Pod's node affinity/selector"),
  },
  {
    what: "a host port in use",
    pod: { hostPort: 80 },
    placed: [podObject("a", { hostPort: 80 })],
    expected: only("node(s) didn't have free ports for the requested pod ports"),
  },
  {
    what: "another host port",
    pod: { hostPort: 81 },
    placed: [podObject("a", { hostPort: 80 })],
    expected: "n",
  },
];

describe("the node filters", () => {
  it.each(filters)("$what", ({ pod, node, placed, expected }) => {
    const cluster = clusterOf([nodeObject("n", node)], { n: placed ?? [] });
    expect(outcome(scheduleOn(cluster, all, podInfo("p", pod)))).toBe(expected);
  });

  it("count the nodes of each reason, sorted as texts", () => {
    const nodes: Node[] = [
      ...Array.from({ length: 12 }, (_, i) =>
        nodeObject(`full-${i}`, { allocatable: { cpu: "1" } }),
      ),
      ...Array.from({ length: 2 }, (_, i) => nodeObject(`cordoned-${i}`, { unschedulable: true })),
      nodeObject("tainted", { taints: [{ key: "k", effect: "NoExecute" }] }),
    ];
    const result = scheduleOn(clusterOf(nodes), all, podInfo("p", { requests: { cpu: "2" } }));
    expect(outcome(result)).toBe(
      "0/15 nodes are available: 1 node(s) had untolerated taint(s), 12 Insufficient cpu, " +
        "2 node(s) were unschedulable.",
    );
  });

  it("look only at the nodes that the pod's terms name", () => {
    const pinned = podInfo("p", {
      requests: { cpu: "5" },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: "metadata.name", operator: "In", values: ["b"] }] },
            ],
          },
        },
      },
    });
    const cluster = clusterOf(["a", "b", "c"].map((name) => nodeObject(name)));
    expect(outcome(scheduleOn(cluster, all, pinned))).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    );
  });

  it("say that preemption cannot help where the whole node is too small", () => {
    const cluster = clusterOf([nodeObject("n")]);
    const codeFor = (cpu: string) => {
      const result = scheduleOn(cluster, all, podInfo("p", { requests: { cpu } }));
      return result.kind === "unschedulable" ? result.diagnosis.byNode.get("n")?.code : undefined;
    };
    cluster.setPod(podInfo("a", { requests: { cpu: "3" }, nodeName: "n" }));
    expect(codeFor("5")).toBe("UnschedulableAndUnresolvable");
    expect(codeFor("2")).toBe("Unschedulable");
  });
});

describe("the node scores", () => {
  const two = (placed: Readonly<Record<string, readonly Pod[]>> = {}, b: NodeOptions = {}) =>
    clusterOf([nodeObject("a"), nodeObject("b", b)], placed);

  it("prefer the emptier node", () => {
    const cluster = two({ a: [podObject("x", { requests: { cpu: "2", memory: "16Gi" } })] });
    const pod = podInfo("p", { requests: { cpu: "1", memory: "8Gi" } });
    expect(scoresOf(nodeResourcesFit, pod, cluster)).toEqual({ a: 25, b: 75 });
  });

  it("count a little for containers that ask for nothing", () => {
    const cluster = two({ a: [podObject("x")] });
    // 4 cpu: 100m of 4000m is 97 of 100, 200Mi of 32Gi is 99; on a twice as much is taken.
    expect(scoresOf(nodeResourcesFit, podInfo("p"), cluster)).toEqual({ a: 96, b: 98 });
  });

  it("prefer the node whose use of cpu and memory comes closer together", () => {
    const cluster = two({ a: [podObject("x", { requests: { cpu: "2" } })] });
    const pod = podInfo("p", { requests: { memory: "16Gi" } });
    expect(scoresOf(nodeResourcesBalancedAllocation, pod, cluster)).toEqual({ a: 87, b: 62 });
  });

  it("leave balance out for a pod that asks for nothing", () => {
    expect(scoresOf(nodeResourcesBalancedAllocation, podInfo("p"), two())).toBe("skipped");
  });

  it("prefer nodes without taints that say so", () => {
    const cluster = two({}, { taints: [{ key: "k", effect: "PreferNoSchedule" }] });
    expect(scoresOf(taintToleration, podInfo("p"), cluster)).toEqual({ a: 100, b: 0 });
    expect(scoresOf(taintToleration, podInfo("p"), two())).toBe("skipped");
  });

  it("add up the weights of the preferred terms that match", () => {
    const prefer = (weight: number, value: string) => ({
      weight,
      preference: { matchExpressions: [{ key: "zone", operator: "In", values: [value] }] },
    });
    const pod = podInfo("p", {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [prefer(20, "x"), prefer(5, "y")],
        },
      },
    });
    const cluster = clusterOf([
      nodeObject("a", { labels: { zone: "x" } }),
      nodeObject("b", { labels: { zone: "y" } }),
      nodeObject("c"),
    ]);
    expect(scoresOf(nodeAffinity, pod, cluster)).toEqual({ a: 100, b: 25, c: 0 });
  });

  it("prefer nodes that have a large image, less so when few nodes have it", () => {
    const images = [{ name: "registry/app:v1", sizeBytes: 1000 * 1024 * 1024 }];
    const cluster = two({}, { images });
    const pod = podInfo("p", { image: "registry/app:v1" });
    expect(scoresOf(imageLocality, pod, cluster)).toEqual({ a: 0, b: 48 });
    expect(scoresOf(imageLocality, podInfo("q", { image: "unknown" }), cluster)).toBe("skipped");
  });
});
