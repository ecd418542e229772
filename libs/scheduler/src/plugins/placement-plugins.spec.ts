/** Affinity between pods and spreading, in upstream's words. */
import { describe, expect, it } from "vitest";
import {
  clusterOf,
  frameworkOf,
  nodeObject,
  outcome,
  type PodOptions,
  podInfo,
  podObject,
  scheduleOn,
  scoresOf,
} from "../testing/builders.ts";
import { interPodAffinity } from "./inter-pod-affinity/inter-pod-affinity.ts";
import { noWorkloads } from "./pod-topology-spread/default-constraints.ts";
import { podTopologySpread } from "./pod-topology-spread/pod-topology-spread.ts";

const labelsOf: Readonly<Record<string, Record<string, string>>> = { other: { team: "x" } };
const affinityPlugin = interPodAffinity({ namespaceLabels: (name) => labelsOf[name] });
const spreadPlugin = podTopologySpread({ workloads: noWorkloads });
const framework = frameworkOf([spreadPlugin, affinityPlugin]);

const term = (color: string, topologyKey = "zone", more: object = {}) => ({
  labelSelector: { matchLabels: { color } },
  topologyKey,
  ...more,
});
const near = (...terms: object[]): PodOptions => ({
  affinity: {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms as never },
  },
});
const away = (...terms: object[]): PodOptions => ({
  affinity: {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms as never },
  },
});
const zoned = () => [
  nodeObject("a1", { labels: { zone: "a" } }),
  nodeObject("b1", { labels: { zone: "b" } }),
];

describe("affinity between pods", () => {
  it("goes where a matching pod is", () => {
    const cluster = clusterOf(zoned(), { b1: [podObject("x", { labels: { color: "red" } })] });
    expect(outcome(scheduleOn(cluster, framework, podInfo("p", near(term("red")))))).toBe("b1");
  });

  it("says so when there is none", () => {
    expect(
      outcome(scheduleOn(clusterOf(zoned()), framework, podInfo("p", near(term("red"))))),
    ).toBe("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.");
  });

  it("lets the first of a group that wants to be together go anywhere", () => {
    const first = podInfo("p", { ...near(term("red")), labels: { color: "red" } });
    expect(["a1", "b1"]).toContain(outcome(scheduleOn(clusterOf(zoned()), framework, first)));
  });

  it("keeps away from matching pods", () => {
    const cluster = clusterOf(zoned(), { b1: [podObject("x", { labels: { color: "red" } })] });
    expect(outcome(scheduleOn(cluster, framework, podInfo("p", away(term("red")))))).toBe("a1");
  });

  it("keeps away from pods that do not want it near, whose words are different", () => {
    const shy = podObject("x", away(term("red")));
    const cluster = clusterOf(zoned(), {
      a1: [shy],
      b1: [{ ...shy, metadata: { ...shy.metadata, uid: "y" } }],
    });
    expect(
      outcome(scheduleOn(cluster, framework, podInfo("p", { labels: { color: "red" } }))),
    ).toBe("0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.");
    expect(
      outcome(scheduleOn(cluster, framework, podInfo("q", { labels: { color: "blue" } }))),
    ).not.toContain("0/2");
  });

  it("looks only into the pod's namespace, unless the term names or selects others", () => {
    const placed = { b1: [podObject("x", { namespace: "other", labels: { color: "red" } })] };
    const on = (pod: PodOptions) =>
      outcome(scheduleOn(clusterOf(zoned(), placed), framework, podInfo("p", pod)));
    expect(on(near(term("red")))).toContain("0/2");
    expect(on(near(term("red", "zone", { namespaces: ["other"] })))).toBe("b1");
    const selector = { namespaceSelector: { matchLabels: { team: "x" } } };
    expect(on(near(term("red", "zone", selector)))).toBe("b1");
  });

  it("prefers by the sum of weights, its own and those of others", () => {
    const cluster = clusterOf(zoned(), { b1: [podObject("x", { labels: { color: "red" } })] });
    const pod = podInfo("p", {
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, podAffinityTerm: term("red") },
          ],
        },
      },
    });
    expect(scoresOf(affinityPlugin, pod, cluster)).toEqual({ a1: 0, b1: 100 });
    expect(scoresOf(affinityPlugin, podInfo("plain"), cluster)).toBe("skipped");
  });
});

describe("topology spreading", () => {
  const spread = (whenUnsatisfiable: string, more: object = {}): PodOptions => ({
    labels: { app: "web" },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "zone",
        whenUnsatisfiable,
        labelSelector: { matchLabels: { app: "web" } },
        ...more,
      },
    ],
  });
  const web = (name: string) => podObject(name, { labels: { app: "web" } });

  it("refuses zones that would have too many more than the emptiest", () => {
    const cluster = clusterOf(zoned(), { a1: [web("x")] });
    expect(outcome(scheduleOn(cluster, framework, podInfo("p", spread("DoNotSchedule"))))).toBe(
      "b1",
    );
  });

  it("tells nodes without the label apart", () => {
    const result = scheduleOn(
      clusterOf([nodeObject("a1", { labels: { zone: "a" } }), nodeObject("c1")], {
        a1: [web("x")],
      }),
      framework,
      podInfo("p", spread("DoNotSchedule", { minDomains: 2 })),
    );
    expect(outcome(result)).toBe(
      "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, " +
        "1 node(s) didn't match pod topology spread constraints (missing required label).",
    );
  });

  it("does not count pods of other namespaces or pods that are ending", () => {
    const ending = web("x");
    ending.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    const cluster = clusterOf(zoned(), {
      a1: [ending, podObject("y", { namespace: "other", labels: { app: "web" } })],
    });
    const pod = podInfo("p", spread("DoNotSchedule"));
    expect(["a1", "b1"]).toContain(outcome(scheduleOn(cluster, framework, pod)));
  });

  it("prefers the zone with fewer where it only asks", () => {
    const cluster = clusterOf(zoned(), { a1: [web("x"), web("y")], b1: [web("z")] });
    const scores = scoresOf(spreadPlugin, podInfo("p", spread("ScheduleAnyway")), cluster);
    expect(scores).not.toBe("skipped");
    if (scores !== "skipped") expect(scores.b1 ?? 0).toBeGreaterThan(scores.a1 ?? 0);
  });
});
