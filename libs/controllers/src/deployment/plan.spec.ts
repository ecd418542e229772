import type { Deployment, ReplicaSet } from "@kubets/api/apps/v1";
import { describe, expect, it } from "vitest";
import { planDeployment } from "./plan.ts";
import { newReplicaSetAnnotations } from "./revisions.ts";
import { rollingLimits, scaleProportionally } from "./scaling.ts";

const NOW = Date.UTC(2026, 0, 1);
const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image }] },
});
interface Shape {
  replicas?: number;
  surge?: number | string;
  unavailable?: number | string;
  image?: string;
  limit?: number;
  status?: Deployment["status"];
}
const deployment = (shape: Shape = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default", uid: "d", generation: 1 },
  spec: {
    replicas: shape.replicas ?? 10,
    selector: { matchLabels: { app: "web" } },
    template: template(shape.image ?? "v2"),
    ...(shape.limit === undefined ? {} : { revisionHistoryLimit: shape.limit }),
    strategy: {
      type: "RollingUpdate",
      rollingUpdate: {
        maxSurge: shape.surge ?? "25%",
        maxUnavailable: shape.unavailable ?? "25%",
      },
    },
  },
  status: shape.status,
});
const set = (
  image: string,
  replicas: number,
  available = replicas,
  annotated: { desired?: number; max?: number; revision?: number } = {},
): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: {
    name: `web-${image}`,
    namespace: "default",
    creationTimestamp: `2026-01-01T00:00:0${image.slice(1)}Z`,
    annotations: {
      "deployment.kubernetes.io/desired-replicas": String(annotated.desired ?? 10),
      "deployment.kubernetes.io/max-replicas": String(annotated.max ?? 13),
      "deployment.kubernetes.io/revision": String(annotated.revision ?? image.slice(1)),
    },
  },
  spec: { replicas, selector: {}, template: template(image) },
  status: { replicas, readyReplicas: available, availableReplicas: available },
});
const sizes = (input: Deployment, replicaSets: readonly ReplicaSet[]) => {
  const plan = planDeployment({
    deployment: input,
    replicaSets,
    podsOf: () => [],
    nowMs: NOW,
  });
  return {
    create: plan.create?.spec?.replicas,
    ...Object.fromEntries(
      plan.change
        .filter(({ before, after }) => before.spec?.replicas !== after.spec?.replicas)
        .map(({ after }) => [
          after.spec?.template?.spec?.containers[0]?.image,
          after.spec?.replicas,
        ]),
    ),
  };
};

describe("the limits of a rolling update", () => {
  it.each([
    [10, "25%", "25%", 3, 2],
    [3, "25%", "25%", 1, 0],
    [10, 0, 0, 0, 1],
    [10, "0%", "1%", 0, 1],
    [2, 5, 5, 5, 2],
    [0, "25%", "25%", 0, 0],
  ])("%i replicas, surge %s, unavailable %s", (replicas, surge, unavailable, up, down) => {
    expect(rollingLimits(deployment({ replicas, surge, unavailable }))).toEqual({
      maxSurge: up,
      maxUnavailable: down,
    });
  });
});

describe("the next step of a rolling update", () => {
  it.each<[string, readonly ReplicaSet[], object]>([
    ["the first set gets everything", [], { create: 10 }],
    ["a new set gets the surge", [set("v1", 10)], { create: 3 }],
    ["then the old one shrinks by what may be missed", [set("v1", 10), set("v2", 3, 0)], { v1: 8 }],
    ["new pods that are up free old ones", [set("v1", 8), set("v2", 5, 3)], { v1: 5 }],
    ["the new one grows into the room", [set("v1", 5), set("v2", 5, 5)], { v2: 8 }],
    [
      "old pods that do not serve go first",
      [set("v1", 5, 2), set("v3", 6, 6), set("v2", 2, 2)],
      { v1: 0 },
    ],
    ["nothing while nothing may be missed", [set("v1", 8), set("v2", 5, 0)], {}],
    ["done", [set("v1", 0), set("v2", 10)], {}],
  ])("%s", (_, replicaSets, expected) => {
    expect(sizes(deployment(), replicaSets)).toEqual({ create: undefined, ...expected });
  });
});

describe("scaling in the midst of an update", () => {
  it.each<[string, Shape, readonly [number, number], readonly [number, number]]>([
    ["grows in proportion", { replicas: 20 }, [8, 5], [15, 10]],
    ["shrinks in proportion", { replicas: 5 }, [8, 5], [4, 3]],
    ["to nothing", { replicas: 0 }, [8, 5], [0, 0]],
  ])("%s", (_, shape, [old, newest], [oldAfter, newestAfter]) => {
    const [oldSet, newSet] = [set("v1", old), set("v2", newest)];
    const scaled = scaleProportionally(deployment(shape), [oldSet], newSet);
    expect(
      Object.fromEntries(
        scaled.map(({ replicaSet, replicas }) => [replicaSet.metadata.name, replicas]),
      ),
    ).toEqual({ "web-v1": oldAfter, "web-v2": newestAfter });
  });
});

describe("the history", () => {
  it("loses the oldest empty sets beyond the limit once the rollout is complete", () => {
    const status = {
      observedGeneration: 1,
      replicas: 10,
      updatedReplicas: 10,
      availableReplicas: 10,
    };
    const plan = planDeployment({
      deployment: deployment({ image: "v5", limit: 1, status }),
      replicaSets: [set("v1", 0), set("v2", 0), set("v3", 0), set("v5", 10)],
      podsOf: () => [],
      nowMs: NOW,
    });
    expect(plan.delete.map(({ metadata }) => metadata.name)).toEqual(["web-v1", "web-v2"]);
    expect(plan.revision).toBe("5");
  });
  it("of a set that comes back keeps its former numbers", () => {
    const before = {
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    };
    expect(newReplicaSetAnnotations(deployment(), before, 7n)).toEqual({
      "deployment.kubernetes.io/revision": "7",
      "deployment.kubernetes.io/revision-history": "1,3",
    });
    expect(newReplicaSetAnnotations(deployment(), before, 2n)).toEqual(before);
  });
  it("follow an adopted set's of any size", () => {
    const adopted = set("v1", 1);
    adopted.metadata.annotations = { "deployment.kubernetes.io/revision": "3546343826724305832" };
    const plan = planDeployment({
      deployment: deployment({ image: "v2" }),
      replicaSets: [adopted],
      podsOf: () => [],
      nowMs: NOW,
    });
    expect(plan.create?.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe(
      "3546343826724305833",
    );
  });
});
