import type { DaemonSet } from "@kubets/api/apps/v1";
import type { Node, Pod, PodSpec } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { daemonPod, targetNode } from "./daemon-pod.ts";
import { daemonTolerations, fitOf } from "./node-fit.ts";
import { daemonStatus, planDaemons } from "./plan.ts";

const NOW = Date.UTC(2026, 0, 1);
type Taints = NonNullable<Node["spec"]>["taints"];
const node = (name: string, taints: Taints = [], labels: Record<string, string> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
  spec: { taints },
});
const affinity = (key: string, operator: string, values: string[], isField = false): PodSpec => ({
  containers: [],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          isField
            ? { matchFields: [{ key, operator, values }] }
            : { matchExpressions: [{ key, operator, values }] },
        ],
      },
    },
  },
});

describe("whether a daemon belongs on a node", () => {
  const plain: PodSpec = { containers: [] };
  const [yes, no, stays] = [
    { shouldRun: true, mayStay: true },
    { shouldRun: false, mayStay: false },
    { shouldRun: false, mayStay: true },
  ];
  it.each<[string, PodSpec, Node, object]>([
    ["an ordinary node", plain, node("n"), yes],
    [
      "a cordoned one",
      plain,
      node("n", [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }]),
      yes,
    ],
    [
      "one that is not ready",
      plain,
      node("n", [{ key: "node.kubernetes.io/not-ready", effect: "NoExecute" }]),
      yes,
    ],
    ["one that takes no new pods", plain, node("n", [{ key: "x", effect: "NoSchedule" }]), stays],
    ["one that takes no pods", plain, node("n", [{ key: "x", effect: "NoExecute" }]), no],
    [
      "one that would rather not",
      plain,
      node("n", [{ key: "x", effect: "PreferNoSchedule" }]),
      yes,
    ],
    [
      "one tolerated",
      { containers: [], tolerations: [{ operator: "Exists" }] },
      node("n", [{ key: "x", effect: "NoExecute" }]),
      yes,
    ],
    ["another node than the named", { containers: [], nodeName: "m" }, node("n"), no],
    [
      "one that is selected",
      { containers: [], nodeSelector: { a: "b" } },
      node("n", [], { a: "b" }),
      yes,
    ],
    ["one that is not selected", { containers: [], nodeSelector: { a: "b" } }, node("n"), no],
    ["one by its name", affinity("metadata.name", "In", ["n"], true), node("n"), yes],
    ["not by its name", affinity("metadata.name", "NotIn", ["n"], true), node("n"), no],
    ["one with more", affinity("cores", "Gt", ["4"]), node("n", [], { cores: "8" }), yes],
    ["one with less", affinity("cores", "Gt", ["4"]), node("n", [], { cores: "2" }), no],
  ])("%s", (_, spec, input, expected) => {
    expect(fitOf(spec, input)).toEqual(expected);
  });
  it("tolerates a missing network when it uses the host's", () => {
    const keys = (spec: PodSpec) => daemonTolerations(spec).map(({ key }) => key);
    expect(keys(plain)).toHaveLength(6);
    expect(keys({ ...plain, hostNetwork: true })).toContain(
      "node.kubernetes.io/network-unavailable",
    );
  });
});

const daemonSet = (surge: number | string = 0, unavailable: number | string = 1): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "default", uid: "d", generation: 2 },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: { metadata: { labels: { app: "agent" } }, spec: { containers: [] } },
    updateStrategy: {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable },
    },
  },
});
interface Shape {
  hash?: string;
  ready?: boolean;
  phase?: string;
  isEnding?: boolean;
}
let made = 0;
const pod = (nodeName: string, shape: Shape = {}): Pod => {
  const base = daemonPod(daemonSet(), shape.hash ?? "new", nodeName);
  return {
    ...base,
    metadata: {
      ...base.metadata,
      name: `p${String(++made).padStart(3, "0")}`,
      uid: `u${made}`,
      ...(shape.isEnding === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { containers: [], ...base.spec, nodeName },
    status: {
      phase: shape.phase ?? "Running",
      conditions: [{ type: "Ready", status: shape.ready === false ? "False" : "True" }],
    },
  };
};
const plan = (nodes: readonly Node[], pods: readonly Pod[], of = daemonSet()) => {
  const planned = planDaemons({ daemonSet: of, nodes, pods, hash: "new", nowMs: NOW });
  return { create: planned.create, delete: planned.delete.map(({ metadata }) => metadata.name) };
};
const nodes = ["a", "b", "c", "d"].map((name) => node(name));
const names = (...pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);

describe("the next step of a DaemonSet", () => {
  it("puts a daemon where there is none, and waits for one that is going", () => {
    expect(plan(nodes, [pod("a"), pod("b", { isEnding: true })]).create).toEqual(["c", "d"]);
  });
  it("takes away doubles, what has ended and what is for no node", () => {
    const [first, double, failed] = [pod("a"), pod("a"), pod("b", { phase: "Failed" })];
    const gone: Pod = {
      ...pod("x"),
      spec: { containers: [], ...daemonPod(daemonSet(), "new", "x").spec },
    };
    expect(plan(nodes.slice(0, 2), [first, double, failed, gone]).delete).toEqual(
      names(failed, double, gone),
    );
    expect(targetNode(gone)).toBe("x");
  });
  it("replaces no more than may be missed, broken ones first", () => {
    const old = [
      pod("a", { hash: "old" }),
      pod("b", { hash: "old", ready: false }),
      pod("c", { hash: "old" }),
      pod("d"),
    ] as const;
    expect(plan(nodes, old).delete).toEqual(names(old[1]));
    expect(plan(nodes, old, daemonSet(0, "50%")).delete).toEqual(names(old[1], old[0]));
  });
  it("with a surge puts the new one beside the old one, and then takes the old one", () => {
    const of = daemonSet(1, 0);
    const old = nodes.map(({ metadata }) => pod(metadata.name ?? "", { hash: "old" }));
    expect(plan(nodes, old, of)).toEqual({ create: ["a"], delete: [] });
    expect(plan(nodes, [...old, pod("a", { ready: false })], of)).toEqual({
      create: [],
      delete: [],
    });
    expect(plan(nodes, [...old, pod("a")], of)).toEqual({
      create: [],
      delete: names(...old.slice(0, 1)),
    });
  });
  it("with a surge takes an old one that stopped serving, and does not wait for one that is going", () => {
    const of = daemonSet(1, 0);
    const broken = pod("a", { hash: "old", ready: false });
    const fresh = pod("a", { ready: false });
    const going = pod("b", { isEnding: true });
    expect(plan(nodes.slice(0, 2), [broken, fresh, going], of)).toEqual({
      create: ["b"],
      delete: names(broken),
    });
  });
  it("does not wait for one that has ended and is going", () => {
    const ended = pod("a", { phase: "Failed", isEnding: true });
    expect(plan(nodes.slice(0, 1), [ended]).create).toEqual(["a"]);
  });
  it("replaces, but does not make anew, old ones on nodes that take no daemon any more", () => {
    const tainted = node("a", [{ key: "x", effect: "NoSchedule" }]);
    const old = pod("a", { hash: "old" });
    expect(plan([tainted], [old])).toEqual({ create: [], delete: names(old) });
    expect(plan([tainted], [old], daemonSet(1, 0))).toEqual({ create: [], delete: names(old) });
    const [other, needed] = [node("b"), pod("b", { hash: "old", ready: false })];
    expect(plan([tainted, other], [old, needed], daemonSet(1, 0))).toEqual({
      create: ["b"],
      delete: [],
    });
  });
  it("counts the oldest of a node", () => {
    const input = { daemonSet: daemonSet(1, 0), nodes: nodes.slice(0, 1), hash: "new", nowMs: NOW };
    const both = [pod("a", { hash: "old", ready: false }), pod("a")];
    expect(daemonStatus({ ...input, pods: both })).toMatchObject({
      numberReady: 0,
      numberUnavailable: 1,
    });
  });
  it("does nothing to old pods when only deletions update", () => {
    const of = daemonSet();
    const onDelete = {
      ...of,
      spec: of.spec && { ...of.spec, updateStrategy: { type: "OnDelete" } },
    };
    expect(plan(nodes.slice(0, 1), [pod("a", { hash: "old" })], onDelete)).toEqual({
      create: [],
      delete: [],
    });
  });
  it("counts", () => {
    const input = {
      daemonSet: daemonSet(),
      nodes: [...nodes, node("e", [{ key: "x", effect: "NoSchedule" }])],
      pods: [pod("a"), pod("b", { ready: false }), pod("c", { hash: "old" }), pod("e")],
      hash: "new",
      nowMs: NOW,
    };
    expect(daemonStatus(input)).toEqual({
      currentNumberScheduled: 3,
      numberMisscheduled: 1,
      desiredNumberScheduled: 4,
      numberReady: 2,
      observedGeneration: 2,
      updatedNumberScheduled: 2,
      numberAvailable: 2,
      numberUnavailable: 2,
    });
  });
});
