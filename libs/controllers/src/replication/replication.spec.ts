import { pods, replicationControllers } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, type Scene } from "../testing/perturbations.ts";
import { replicationController } from "./controller.ts";

const scene: Scene = {
  controllers: [replicationController],
  compared: [pods, replicationControllers],
  steps: [
    async ({ client }) =>
      void (await client.create(replicationControllers, {
        apiVersion: "v1",
        kind: "ReplicationController",
        metadata: { name: "web", namespace: "default" },
        spec: {
          replicas: 3,
          minReadySeconds: 2,
          selector: { app: "web" },
          template: { metadata: { labels: { app: "web" } }, spec: { containers: [] } },
        },
      })),
    async ({ client }) => {
      const current = await client.get(replicationControllers, "default", "web");
      await client.update(replicationControllers, {
        ...current,
        spec: { ...current.spec, replicas: 2 },
      });
    },
  ],
};

describe("the ReplicationController controller", () => {
  it("comes to the same end whatever happens to it", async () => {
    const { stage } = await expectSameEnd(scene);
    const { status } = await stage.client.get(replicationControllers, "default", "web");
    expect(status).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 2,
    });
    expect(stage.client.peekAll(pods)[0]?.metadata.ownerReferences).toMatchObject([
      {
        apiVersion: "v1",
        kind: "ReplicationController",
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
  });
});
