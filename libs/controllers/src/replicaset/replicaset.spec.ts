import type { ReplicaSet } from "@kubets/api/apps/v1";
import { pods, replicaSets } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, play, type Scene, type Stage } from "../testing/perturbations.ts";
import { replicaSetController } from "./controller.ts";

const replicaSet = (replicas: number): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image: "i" }] },
    },
  },
});

const scaleTo =
  (replicas: number) =>
  async ({ client }: Stage) => {
    const current = await client.get(replicaSets, "default", "web");
    await client.update(replicaSets, {
      ...current,
      spec: { selector: {}, ...current.spec, replicas },
    });
  };

const scene: Scene = {
  controllers: [replicaSetController],
  compared: [pods, replicaSets],
  steps: [
    async ({ client }) => {
      await client.create(pods, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "orphan", namespace: "default", labels: { app: "web" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      });
      await client.create(replicaSets, replicaSet(4));
    },
    scaleTo(1),
    scaleTo(3),
    async ({ client }) => {
      const [pod] = client.peekAll(pods);
      await client.delete(pods, "default", pod?.metadata.name ?? "");
    },
    async ({ client }) => {
      const pod = client.peekAll(pods).at(-1);
      if (pod !== undefined) {
        await client.update(pods, { ...pod, metadata: { ...pod.metadata, labels: { app: "x" } } });
      }
    },
  ],
};

describe("the ReplicaSet controller", () => {
  it("comes to the same end whatever happens to it", async () => {
    const { state } = await expectSameEnd(scene);
    expect(state.filter((line) => line.startsWith("pods"))).toHaveLength(4);
  });
  it("goes on when a pod came and went unseen", async () => {
    let isFirst = true;
    const { state, writesOfRestart } = await play(
      {
        ...scene,
        behaviour: () => "wait",
        async environment({ client }) {
          for (const { metadata } of isFirst ? client.peekAll(pods) : []) {
            isFirst = false;
            await client.delete(pods, "default", metadata.name ?? "");
          }
        },
        steps: [async ({ client }) => void (await client.create(replicaSets, replicaSet(1)))],
      },
      // The first is the ReplicaSet, the second its pod.
      { lostEvent: 2 },
    );
    expect(isFirst).toBe(false);
    expect(state.filter((line) => line.startsWith("pods"))).toHaveLength(1);
    expect(writesOfRestart).toEqual([]);
  });
  it("tells what it creates and deletes", async () => {
    const { events } = await play({
      ...scene,
      steps: [({ client }) => void client.seed(replicaSets, replicaSet(2)), scaleTo(1)],
    });
    expect(events.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      expect.stringMatching(/^SuccessfulCreate Created pod: web-\w+$/),
      expect.stringMatching(/^SuccessfulCreate Created pod: web-\w+$/),
      expect.stringMatching(/^SuccessfulDelete Deleted pod: web-\w+$/),
    ]);
  });
});
