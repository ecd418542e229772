import type { Taint, Toleration } from "@kubets/api/core/v1";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClusterState } from "../cluster/cluster-state.ts";
import type { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import { CycleState } from "../framework/cycle-state.ts";
import { imageLocality } from "../plugins/image-locality.ts";
import { nodeAffinity } from "../plugins/node-affinity.ts";
import { nodePorts } from "../plugins/node-ports.ts";
import { nodeResourcesBalancedAllocation } from "../plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "../plugins/node-unschedulable.ts";
import { taintToleration } from "../plugins/taint-toleration.ts";
import { clusterOf, frameworkOf, nodeObject, podInfo } from "../testing/builders.ts";
import { nodesToFind } from "./nodes-to-find.ts";
import { schedule } from "./schedule.ts";
import { ScoreIndexes } from "./score-indexes.ts";
import { selectHost } from "./select-host.ts";

const framework = frameworkOf([
  nodeUnschedulable,
  taintToleration,
  nodeAffinity,
  nodePorts,
  { plugin: nodeResourcesFit, weight: 1 },
  { plugin: nodeResourcesBalancedAllocation, weight: 1 },
  { plugin: imageLocality, weight: 1 },
]);

const TAINT: Taint = { key: "k", effect: "NoSchedule" };
const TOLERATION: Toleration = { key: "k", operator: "Exists" };

/** Few, so that most pods have a twin before them. */
const KINDS: readonly {
  readonly cpu: string;
  readonly tolerates?: boolean;
  readonly disk?: string;
  readonly hostPort?: number;
}[] = [
  { cpu: "700m" },
  { cpu: "1", tolerates: true },
  { cpu: "300m", disk: "ssd" },
  { cpu: "100m", hostPort: 80 },
];

/** A cluster's life: nodes that come, change and go, pods of a few kinds that come and go. */
const life = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("node" as const),
        name: fc.integer({ min: 0, max: 5 }).map((i) => `n${i}`),
        cpu: fc.integer({ min: 1, max: 4 }),
        isTainted: fc.boolean(),
        isCordoned: fc.boolean(),
        disk: fc.constantFrom("ssd", "hdd"),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("pod" as const), kind: fc.constantFrom(...KINDS) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("podGone" as const), index: fc.nat(50) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("nodeGone" as const),
        name: fc.integer({ min: 0, max: 5 }).map((i) => `n${i}`),
      }),
    },
  ),
  { maxLength: 60 },
);

/** What a person would check by hand, from the objects alone. */
function naivelyRefuses(pod: PodInfo, { node, pods }: NodeInfo): boolean {
  if (node === undefined) return true;
  const tolerates = (pod.pod.spec?.tolerations ?? []).length > 0;
  if (node.spec?.unschedulable === true) return true;
  if ((node.spec?.taints ?? []).length > 0 && !tolerates) return true;
  const disk = pod.pod.spec?.nodeSelector?.disk;
  if (disk !== undefined && node.metadata.labels?.disk !== disk) return true;
  const milli = (text = "0") =>
    text.endsWith("m") ? Number(text.slice(0, -1)) : Number(text) * 1000;
  const cpuOf = (each: PodInfo) => milli(each.pod.spec?.containers[0]?.resources?.requests?.cpu);
  const portOf = (each: PodInfo) => each.pod.spec?.containers[0]?.ports?.[0]?.hostPort;
  const others = [...pods.values()].filter((other) => other.uid !== pod.uid);
  const used = others.reduce((sum, other) => sum + cpuOf(other), 0);
  if (used + cpuOf(pod) > milli(node.status?.allocatable?.cpu)) return true;
  return portOf(pod) !== undefined && others.some((other) => portOf(other) === portOf(pod));
}

/** Runs a life; after each pod that found a node, or none, calls `check`. */
function live(
  steps: ReturnType<typeof life.generate>["value"],
  indexes: ScoreIndexes | undefined,
  check: (pod: PodInfo, nodeName: string | undefined, cluster: ClusterState) => void,
): void {
  const cluster = clusterOf([]);
  const uids: string[] = [];
  let random = 0.37;
  const context = {
    cluster,
    framework,
    random: () => {
      random = (random * 7919 + 0.123) % 1;
      return random;
    },
    start: { index: 0 },
    ...(indexes === undefined ? {} : { indexes }),
  };
  for (const [i, step] of steps.entries()) {
    switch (step.do) {
      case "node":
        cluster.setNode(
          nodeObject(step.name, {
            allocatable: { cpu: String(step.cpu) },
            labels: { disk: step.disk },
            taints: step.isTainted ? [TAINT] : [],
            unschedulable: step.isCordoned,
          }),
        );
        break;
      case "nodeGone":
        cluster.removeNode(step.name);
        break;
      case "podGone": {
        const uid = uids[step.index];
        if (uid !== undefined) cluster.removePod(uid);
        break;
      }
      case "pod": {
        const { cpu, tolerates, disk, hostPort } = step.kind;
        const pod = podInfo(`p${i}`, {
          requests: { cpu },
          ...(tolerates === true ? { tolerations: [TOLERATION] } : {}),
          ...(disk === undefined ? {} : { nodeSelector: { disk } }),
          ...(hostPort === undefined ? {} : { hostPort }),
        });
        const result = schedule(pod, context);
        const nodeName = result.kind === "node" ? result.nodeName : undefined;
        check(pod, nodeName, cluster);
        if (nodeName === undefined) break;
        cluster.assume(pod, nodeName);
        uids.push(pod.uid);
      }
    }
  }
}

describe.each([
  { what: "without kept results", makeIndexes: () => undefined },
  { what: "with results kept for identical pods", makeIndexes: () => new ScoreIndexes() },
])("an attempt $what", ({ makeIndexes }) => {
  it("never binds where a naive filter refuses, and finds a node whenever one is accepted", () => {
    fc.assert(
      fc.property(life, (steps) => {
        live(steps, makeIndexes(), (pod, nodeName, cluster) => {
          const accepted = cluster.nodes.filter((node) => !naivelyRefuses(pod, node));
          if (nodeName === undefined) expect(accepted).toEqual([]);
          else expect(accepted.map((node) => node.name)).toContain(nodeName);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("chooses among the nodes with the greatest score", () => {
    fc.assert(
      fc.property(life, (steps) => {
        live(steps, makeIndexes(), (pod, nodeName, cluster) => {
          if (nodeName === undefined) return;
          const state = new CycleState();
          framework.preFilter(state, pod, cluster);
          const nodes = cluster.nodes.filter(
            (node) => framework.filter(state, pod, node) === undefined,
          );
          framework.preScore(state, pod, cluster, nodes);
          const scores = framework.scores(state, pod, nodes);
          const chosen = nodes.findIndex((node) => node.name === nodeName);
          expect(scores[chosen]).toBe(Math.max(...scores));
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe("the choice of a host", () => {
  it("gives each of the best the same chance", () => {
    const scores = Float64Array.from([5, 9, 9, 1, 9]);
    const chosen = new Map<number, number>();
    let random = 0.5;
    for (let i = 0; i < 3_000; i++) {
      const index = selectHost(scores, () => {
        random = (random * 16807 + 0.31) % 1;
        return random;
      });
      chosen.set(index, (chosen.get(index) ?? 0) + 1);
    }
    expect([...chosen.keys()].toSorted()).toEqual([1, 2, 4]);
    for (const count of chosen.values()) expect(count).toBeGreaterThan(700);
  });
});

describe("the number of nodes to look for", () => {
  it.each([
    [10, 0, 10],
    [99, 0, 99],
    [100, 0, 100],
    [1_000, 0, 420],
    [5_000, 0, 500],
    [6_000, 0, 300],
    [20_000, 0, 1_000],
    [1_000, 30, 300],
    [1_000, 100, 1_000],
  ])("of %i nodes at %i percent is %i", (nodes, percentage, expected) => {
    expect(nodesToFind(nodes, percentage)).toBe(expected);
  });
});
