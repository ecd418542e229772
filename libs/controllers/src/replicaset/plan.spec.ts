import type { Pod } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { planReplicas, replicaStatus } from "./plan.ts";

const NOW = Date.UTC(2026, 0, 1);
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
interface Shape {
  name?: string;
  node?: string;
  phase?: string;
  readySince?: number;
  cost?: string;
  restarts?: number;
  age?: number;
}
const pod = (shape: Shape): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: shape.name ?? "p",
    uid: shape.name ?? "p",
    labels: { app: "web" },
    creationTimestamp: ago(shape.age ?? 1000),
    ...(shape.cost === undefined
      ? {}
      : { annotations: { "controller.kubernetes.io/pod-deletion-cost": shape.cost } }),
  },
  spec: { containers: [], ...(shape.node === undefined ? {} : { nodeName: shape.node }) },
  status: {
    phase: shape.phase ?? "Running",
    conditions:
      shape.readySince === undefined
        ? []
        : [{ type: "Ready", status: "True", lastTransitionTime: ago(shape.readySince) }],
    containerStatuses: [
      { name: "c", ready: true, restartCount: shape.restarts ?? 0, image: "", imageID: "" },
    ],
  },
});
const plan = (replicas: number, active: readonly Pod[], related = active) =>
  planReplicas({ replicas, active, related: () => related, nowMs: NOW });

describe("how many pods to create or delete", () => {
  it.each([
    ["enough", 1, 1, { kind: "enough" }],
    ["too few", 3, 1, { kind: "create", count: 2 }],
    ["never more than a burst", 2000, 0, { kind: "create", count: 500 }],
  ] as const)("%s", (_, replicas, held, expected) => {
    const active = Array.from({ length: held }, () => pod({}));
    expect(plan(replicas, active)).toEqual(expected);
  });

  it.each<[string, Shape, Shape]>([
    ["one without a node", {}, { node: "n" }],
    ["one that is pending", { node: "n", phase: "Pending" }, { node: "n" }],
    ["one that is unknown", { node: "n", phase: "Unknown" }, { node: "n" }],
    ["one that is not ready", { node: "n" }, { node: "n", readySince: 10 }],
    ["the cheaper one", { node: "n", cost: "-5" }, { node: "n", cost: "3" }],
    ["no cost before a cost", { node: "n", cost: "x" }, { node: "n", cost: "3" }],
    ["the one ready for less long", { node: "n", readySince: 5 }, { node: "n", readySince: 5000 }],
    ["the one that restarted more", { node: "n", restarts: 4 }, { node: "n", restarts: 1 }],
    ["the younger one", { node: "n", age: 5 }, { node: "n", age: 5000 }],
  ])("gives up first: %s", (_, first, second) => {
    const [worse, better] = [pod({ ...first, name: "z" }), pod({ ...second, name: "a" })];
    for (const active of [
      [worse, better],
      [better, worse],
    ]) {
      expect(plan(1, active)).toEqual({ kind: "delete", pods: [worse] });
    }
  });

  it("gives up first the pod on the node with most siblings", () => {
    const [crowded, alone] = [pod({ name: "z", node: "n1" }), pod({ name: "a", node: "n2" })];
    const sibling = pod({ name: "s", node: "n1" });
    expect(plan(1, [alone, crowded], [alone, crowded, sibling])).toEqual({
      kind: "delete",
      pods: [crowded],
    });
  });
});

describe("the status of a set", () => {
  const base = {
    generation: 4,
    minReadySeconds: 30,
    templateLabels: { app: "web" },
    status: undefined,
    terminating: 1,
    failure: undefined,
    nowMs: NOW,
  };
  it("counts labels, readiness and availability apart", () => {
    const active = [
      pod({ readySince: 60 }),
      pod({ readySince: 10 }),
      { ...pod({}), metadata: { name: "x", labels: {} } },
    ];
    expect(replicaStatus({ ...base, active })).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 4,
    });
  });
  it("keeps the first failure until there is none", () => {
    const failed = replicaStatus({
      ...base,
      active: [],
      failure: { reason: "FailedCreate", message: "quota" },
    });
    expect(failed.conditions).toMatchObject([
      { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" },
    ]);
    const again = replicaStatus({
      ...base,
      active: [],
      status: failed,
      failure: { reason: "FailedDelete", message: "other" },
    });
    expect(again.conditions).toEqual(failed.conditions);
    expect(replicaStatus({ ...base, active: [], status: failed }).conditions).toBeUndefined();
  });
});
