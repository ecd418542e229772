/** Pods without constraints of their own, spread by what they belong to. */
import type { ReplicaSet } from "@kubets/api/apps/v1";
import type { Pod, Service } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { PodInfo } from "../../cluster/pod-info.ts";
import {
  clusterOf,
  frameworkOf,
  nodeObject,
  outcome,
  type PodOptions,
  podObject,
  scheduleOn,
  scoresOf,
} from "../../testing/builders.ts";
import { defaultSelector, noWorkloads, type Workloads } from "./default-constraints.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";

const replicaSet: ReplicaSet = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web-1", namespace: "default" },
  spec: { selector: { matchLabels: { app: "web", "pod-template-hash": "1" } } },
};
const service = (name: string, selector?: Record<string, string>): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec: { ...(selector === undefined ? {} : { selector }) },
});
const known: Workloads = {
  ...noWorkloads,
  servicesIn: (namespace) =>
    namespace === "default"
      ? [
          service("web", { app: "web" }),
          service("other", { app: "db" }),
          service("by-hand"),
          service("blue", { tier: "front" }),
        ]
      : [],
  replicaSet: (namespace, name) =>
    namespace === "default" && name === "web-1" ? replicaSet : undefined,
  statefulSet: (_namespace, name) => ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      serviceName: "",
      selector: { matchExpressions: [{ key: "db", operator: "Exists" }] },
      template: {},
    },
  }),
  replicationController: (_namespace, name) => ({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name },
    spec: { selector: { old: "yes" } },
  }),
};

const owned = (name: string, owner: [string, string, string], options: PodOptions): Pod => {
  const pod = podObject(name, options);
  const [apiVersion, kind, ownerName] = owner;
  const reference = { apiVersion, kind, name: ownerName, uid: ownerName, controller: true };
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [reference] } };
};
const WEB = { labels: { app: "web", "pod-template-hash": "1" } };
const web = (name: string) => owned(name, ["apps/v1", "ReplicaSet", "web-1"], WEB);

describe("what a pod belongs to", () => {
  it.each<[string, Pod, string]>([
    ["nothing", podObject("p", { labels: { app: "none" } }), ""],
    ["a Service", podObject("p", { labels: { app: "web" } }), "app=web"],
    [
      "two Services",
      podObject("p", { labels: { app: "web", tier: "front" } }),
      "app=web,tier=front",
    ],
    ["a Service of another namespace", podObject("p", { ...WEB, namespace: "other" }), ""],
    ["a Service and a ReplicaSet", web("p"), "app=web,pod-template-hash=1,app in (web)"],
    [
      "a ReplicaSet that is gone",
      owned("p", ["apps/v1", "ReplicaSet", "web-2"], { labels: { a: "b" } }),
      "",
    ],
    ["a StatefulSet", owned("p", ["apps/v1", "StatefulSet", "db"], { labels: { db: "1" } }), "db"],
    [
      "a ReplicationController",
      owned("p", ["v1", "ReplicationController", "old"], { labels: { old: "yes" } }),
      "old=yes",
    ],
    ["another kind", owned("p", ["batch/v1", "Job", "web-1"], { labels: { app: "none" } }), ""],
  ])("is told by %s", (_what, pod, selector) => {
    expect(defaultSelector(new PodInfo(pod), known).toString()).toBe(selector);
  });
});

describe("spreading that nobody asked for", () => {
  const plugin = podTopologySpread({ workloads: known });
  const zone = (name: string, of: string) =>
    nodeObject(name, { labels: { "topology.kubernetes.io/zone": of } });

  it("prefers hosts with fewer pods of the set, whether or not nodes have zones", () => {
    const nodes = [nodeObject("n1"), nodeObject("n2"), nodeObject("n3")];
    const cluster = clusterOf(nodes, { n1: [web("a"), web("b")], n2: [web("c")] });
    const scores = scoresOf(plugin, new PodInfo(web("p")), cluster);
    // Of each host: pods × ln(3 hosts + 2) + 2 → 5, 4, 2; turned round: (5 + 2 - score) / 5.
    expect(scores).toEqual({ n1: 40, n2: 60, n3: 100 });
    expect(outcome(scheduleOn(cluster, frameworkOf([plugin]), new PodInfo(web("p"))))).toBe("n3");
  });

  it("prefers zones with fewer", () => {
    const nodes = [zone("a1", "a"), zone("a2", "a"), zone("b1", "b")];
    const cluster = clusterOf(nodes, { a1: [web("x"), web("y"), web("z")] });
    const scores = scoresOf(plugin, new PodInfo(web("p")), cluster);
    // Hosts: 3, 0, 0 pods × ln 5 + 2; zones: 3, 3, 0 pods × ln 4 + 4 → 15, 10, 6.
    expect(scores).toEqual({ a1: 40, a2: 73, b1: 100 });
  });

  it("never refuses a node", () => {
    const cluster = clusterOf([nodeObject("n1")], {
      n1: Array.from({ length: 20 }, (_, i) => web(`p${i}`)),
    });
    expect(outcome(scheduleOn(cluster, frameworkOf([plugin]), new PodInfo(web("p"))))).toBe("n1");
  });

  it("leaves pods alone that belong to nothing, or say how they want to be spread", () => {
    const cluster = clusterOf([nodeObject("n1"), nodeObject("n2")]);
    expect(scoresOf(plugin, new PodInfo(podObject("p")), cluster)).toBe("skipped");
    const own = podObject("p", {
      ...WEB,
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "disk", whenUnsatisfiable: "DoNotSchedule" },
      ],
    });
    expect(scoresOf(plugin, new PodInfo(own), cluster)).toBe("skipped");
  });

  it("applies a list of constraints of the profile's instead, where one is given", () => {
    const listed = podTopologySpread({
      workloads: known,
      defaultConstraints: [{ maxSkew: 1, topologyKey: "disk", whenUnsatisfiable: "DoNotSchedule" }],
    });
    const disks = [
      nodeObject("n1", { labels: { disk: "a" } }),
      nodeObject("n2", { labels: { disk: "b" } }),
    ];
    const cluster = clusterOf(disks, { n1: [web("a")] });
    expect(outcome(scheduleOn(cluster, frameworkOf([listed]), new PodInfo(web("p"))))).toBe("n2");
    expect(scoresOf(listed, new PodInfo(web("p")), cluster)).toBe("skipped");
    expect(
      scoresOf(
        podTopologySpread({ workloads: known, defaultConstraints: [] }),
        new PodInfo(web("p")),
        cluster,
      ),
    ).toBe("skipped");
  });
});
