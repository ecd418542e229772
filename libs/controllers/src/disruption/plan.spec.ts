import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { PodDisruptionBudget } from "@kubets/api/policy/v1";
import { resourceType } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { askScale } from "./ask-scale.ts";
import { type AskedScale, expectedScale, type ScaleLookup } from "./expected-scale.ts";
import { failSafeStatus, planDisruption } from "./plan.ts";
import { selectorText } from "./selector-text.ts";

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
  const asked = new Map<string, AskedScale>([
    ["shop", { kind: "found", uid: "shop", replicas: 7 }],
    ["other", { kind: "found", uid: "another", replicas: 7 }],
    ["x", { kind: "unscalable", message: "daemonsets.apps does not implement it" }],
    ["r9", { kind: "found", uid: "r9", replicas: 2 }],
  ]);
  const lookup: ScaleLookup = {
    find: (_, { name }) => known.get(name),
    ask: async (_, { name }) => asked.get(name) ?? { kind: "gone" },
  };
  it.each<[string, Pod[], object]>([
    [
      "is the Deployment's number for pods of its ReplicaSets",
      [
        pod("a", true, ["ReplicaSet", "r1"]),
        pod("b", true, ["ReplicaSet", "r2"]),
        pod("c", true, ["StatefulSet", "s"]),
        pod("d", true, ["StatefulSet", "s"]),
        pod("e"),
      ],
      { kind: "known", count: 13, unmanaged: [{}] },
    ],
    [
      "is asked for where the owner is of another kind",
      [pod("a", true, ["Shop", "shop"]), pod("b", true, ["Shop", "shop"])],
      { kind: "known", count: 7 },
    ],
    [
      "is asked for while the Deployment is not in view",
      [pod("a", true, ["ReplicaSet", "r9"])],
      { kind: "known", count: 2 },
    ],
    [
      "is not known for controllers without a scale",
      [pod("a", true, ["DaemonSet", "x"])],
      { kind: "unknown", message: "daemonsets.apps does not implement it" },
    ],
    [
      "is not known once the owner is gone",
      [pod("a", true, ["Shop", "none"])],
      { kind: "unknown", message: 'found no controllers for pod "a"' },
    ],
    [
      "is not known when another one has its name",
      [pod("a", true, ["Shop", "other"])],
      { kind: "unknown", message: 'found no controllers for pod "a"' },
    ],
  ])("%s", async (_, selected, expected) => {
    expect(await expectedScale(selected, lookup)).toMatchObject(expected);
  });
});

describe("asking for a scale", () => {
  const shops: ResourceInfo = {
    group: "example.com",
    version: "v1",
    resource: "shops",
    singular: "shop",
    kind: "Shop",
    namespaced: true,
    verbs: ["get"],
    shortNames: [],
    categories: [],
    servedByDefault: true,
    subresources: [
      { name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get"] },
    ],
  };
  const client = createMemoryClient({ clock: new FakeClock() });
  client.seed(resourceType("example.com", "v1", "shops", true), {
    apiVersion: "example.com/v1",
    kind: "Shop",
    metadata: { name: "a", namespace: "default", uid: "s1" },
    ...{ spec: { replicas: 5 } },
  });
  it.each<[string, ResourceInfo[], string, AskedScale]>([
    ["finds that of a custom resource", [shops], "a", { kind: "found", uid: "s1", replicas: 5 }],
    ["finds none of one that is gone", [shops], "b", { kind: "gone" }],
    [
      "says that a resource has none",
      [{ ...shops, subresources: [] }],
      "a",
      {
        kind: "unscalable",
        message: "shops.example.com does not implement the scale subresource",
      },
    ],
    [
      "says that nobody serves the kind",
      [],
      "a",
      {
        kind: "unscalable",
        message: 'no matches for kind "Shop" in version "example.com/v1"',
      },
    ],
  ])("%s", async (_, resources, name, expected) => {
    const reference = { apiVersion: "example.com/v1", kind: "Shop", name, uid: "s1" };
    const target = { namespace: "default", reference };
    const asked = await askScale(client, resources, target, new AbortController().signal);
    expect(asked).toEqual(expected);
  });
});

it("a selector is written as Go prints it", () => {
  expect(
    selectorText({
      matchLabels: { b: "2", a: "1" },
      matchExpressions: [{ key: "k", operator: "In", values: ["x", "y"] }],
    }),
  ).toBe(
    "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}",
  );
});
