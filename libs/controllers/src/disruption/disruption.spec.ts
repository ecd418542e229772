import { builtinResources } from "@kubets/api";
import { deployments, podDisruptionBudgets, pods } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { deploymentController } from "../deployment/controller.ts";
import { replicaSetController } from "../replicaset/controller.ts";
import { expectSameEnd, play, type Scene } from "../testing/perturbations.ts";
import { disruptionController } from "./controller.ts";

const scene: Scene = {
  controllers: [
    disruptionController(() => builtinResources),
    deploymentController,
    replicaSetController,
  ],
  compared: [podDisruptionBudgets],
  steps: [
    async ({ client }) => {
      await client.create(deployments, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace: "default" },
        spec: {
          replicas: 4,
          selector: { matchLabels: { app: "web" } },
          template: { metadata: { labels: { app: "web" } }, spec: { containers: [] } },
        },
      });
      await client.create(podDisruptionBudgets, {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "web", namespace: "default" },
        spec: { maxUnavailable: "25%", selector: { matchLabels: { app: "web" } } },
      });
    },
    async ({ client }) => {
      const [pod] = client.peekAll(pods);
      await client.delete(pods, "default", pod?.metadata.name ?? "");
    },
    async ({ client }) => {
      const current = await client.get(deployments, "default", "web");
      if (current.spec !== undefined) {
        await client.update(deployments, { ...current, spec: { ...current.spec, replicas: 8 } });
      }
    },
  ],
};

describe("the controller of PodDisruptionBudgets", () => {
  it("comes to the same end whatever happens to it", async () => {
    const { stage } = await expectSameEnd(scene);
    expect((await stage.client.get(podDisruptionBudgets, "default", "web")).status).toMatchObject({
      expectedPods: 8,
      currentHealthy: 8,
      desiredHealthy: 6,
      disruptionsAllowed: 2,
    });
  });
});

describe("a pod with two budgets", () => {
  it("is told so", async () => {
    const budget = (name: string) => ({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, namespace: "default" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
    });
    const { events } = await play({
      ...scene,
      controllers: scene.controllers.slice(0, 1),
      steps: [
        async ({ client }) => {
          for (const name of ["a", "b"]) await client.create(podDisruptionBudgets, budget(name));
          await client.create(pods, {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "p", namespace: "default", labels: { app: "web" } },
            spec: { containers: [] },
          });
        },
      ],
    });
    const told = events.filter(({ reason }) => reason === "MultiplePodDisruptionBudgets");
    expect(told[0]).toMatchObject({
      regarding: "Pod/p",
      message: 'Pod "default"/"p" matches multiple PodDisruptionBudgets.  Chose "a" arbitrarily.',
    });
  });
});

describe("a pod that was to be disrupted", () => {
  it("and was not is said so, whatever happens to the controller", async () => {
    const { stage } = await expectSameEnd({
      controllers: [disruptionController(() => builtinResources)],
      compared: [pods],
      steps: [
        ({ client }) =>
          void client.seed(pods, {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "p", namespace: "default" },
            spec: { containers: [], nodeName: "node-1" },
            status: {
              phase: "Running",
              conditions: [
                {
                  type: "DisruptionTarget",
                  status: "True",
                  lastTransitionTime: "2026-01-01T00:00:00Z",
                },
              ],
            },
          }),
      ],
    });
    const conditions = stage.client.peek(pods, "default", "p")?.status?.conditions;
    expect(conditions).toMatchObject([{ type: "DisruptionTarget", status: "False" }]);
  });
});
