import type { KubeObject } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { PodDisruptionBudget } from "@kubets/api/policy/v1";
import { describe, expect, it } from "vitest";
import { expectedScale } from "./expected-scale.ts";
import { failSafeStatus, planDisruption } from "./plan.ts";

const NOW = Date.UTC(2026, 0, 1);
const budget = (
  spec: PodDisruptionBudget["spec"],
  status?: PodDisruptionBudget["status"],
): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "b", namespace: "default", generation: 3 },
  spec,
  status,
});
const pod = (name: string, isReady = true, owner?: readonly [string, string]): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "default",
    ...(owner === undefined
      ? {}
      : {
          ownerReferences: [
            {
              apiVersion: "apps/v1",
              kind: owner[0],
              name: owner[1],
              uid: owner[1],
              controller: true,
            },
          ],
        }),
  },
  status: { conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] },
});
const pods = (ready: number, others = 0) => [
  ...Array.from({ length: ready }, (_, index) => pod(`r${index}`)),
  ...Array.from({ length: others }, (_, index) => pod(`n${index}`, false)),
];

describe("how many pods may be evicted", () => {
  it.each<[string, PodDisruptionBudget["spec"], Pod[], number, number, number, number]>([
    ["a number that has to stay", { minAvailable: 2 }, pods(3), 0, 3, 2, 1],
    ["never less than none", { minAvailable: 5 }, pods(3), 0, 3, 5, 0],
    ["only healthy ones count", { minAvailable: 2 }, pods(2, 2), 0, 4, 2, 0],
    ["a part that has to stay, rounded up", { minAvailable: "50%" }, pods(5), 5, 5, 3, 2],
    ["a number that may be missing", { maxUnavailable: 1 }, pods(3), 4, 4, 3, 0],
    ["a part that may be missing, rounded up", { maxUnavailable: "30%" }, pods(10), 10, 10, 7, 3],
    ["no pods: nothing", { maxUnavailable: 1 }, [], 0, 0, 0, 0],
  ])("%s", (_, spec, selected, scale, expected, desired, allowed) => {
    const { status } = planDisruption({
      budget: budget(spec),
      pods: selected,
      expectedScale: scale,
      nowMs: NOW,
    });
    expect(status).toMatchObject({
      expectedPods: expected,
      desiredHealthy: desired,
      disruptionsAllowed: allowed,
      observedGeneration: 3,
      conditions: [
        {
          type: "DisruptionAllowed",
          status: allowed > 0 ? "True" : "False",
          reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
        },
      ],
    });
  });

  it("does not count a pod that was evicted, until it is clear that it stays", () => {
    const at = (ms: number) => new Date(NOW - ms).toISOString();
    const plan = planDisruption({
      budget: budget(
        { minAvailable: 1 },
        { disruptedPods: { r0: at(30_000), r1: at(200_000), x: at(0) } },
      ),
      pods: pods(3),
      expectedScale: 0,
      nowMs: NOW,
    });
    expect(plan.status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(Object.keys(plan.status.disruptedPods ?? {})).toEqual(["r0"]);
    expect(plan.notDeleted.map(({ metadata }) => metadata.name)).toEqual(["r1"]);
    expect(plan.afterMs).toBe(90_001);
  });

  it("allows nothing when the pods cannot be counted", () => {
    expect(
      failSafeStatus(budget({ maxUnavailable: 1 }, { disruptionsAllowed: 4 }), "why", NOW),
    ).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: "False", reason: "SyncFailed", message: "why" }],
    });
  });
});

describe("how many pods are wanted", () => {
  const owner = (kind: string, name: string, replicas: number, by?: string): KubeObject => ({
    apiVersion: "apps/v1",
    kind,
    metadata: {
      name,
      uid: name,
      ...(by === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion: "apps/v1", kind: "Deployment", name: by, uid: by, controller: true },
            ],
          }),
    },
    ...{ spec: { replicas } },
  });
  const known = new Map(
    [
      owner("Deployment", "d", 10),
      owner("ReplicaSet", "r1", 6, "d"),
      owner("ReplicaSet", "r2", 5, "d"),
      owner("StatefulSet", "s", 3),
    ].map((object) => [object.metadata.name, object]),
  );
  const lookup = { find: (_: string, { name }: { name: string }) => known.get(name) };
  it("is the Deployment's number for pods of its ReplicaSets", () => {
    const selected = [
      pod("a", true, ["ReplicaSet", "r1"]),
      pod("b", true, ["ReplicaSet", "r2"]),
      pod("c", true, ["StatefulSet", "s"]),
      pod("d", true, ["StatefulSet", "s"]),
      pod("e"),
    ];
    expect(expectedScale(selected, lookup)).toMatchObject({
      kind: "known",
      count: 13,
      unmanaged: [{}],
    });
  });
  it("is not known for controllers without a scale", () => {
    expect(expectedScale([pod("a", true, ["DaemonSet", "x"])], lookup)).toEqual({
      kind: "unknown",
      message: "daemonsets.apps does not implement the scale subresource",
    });
  });
});
