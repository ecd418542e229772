import type { Deployment } from "@kubets/api/apps/v1";
import { deployments, pods, replicaSets } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { replicaSetController } from "../replicaset/controller.ts";
import { expectSameEnd, play, type Scene, type Stage } from "../testing/perturbations.ts";
import { deploymentController } from "./controller.ts";

const deployment = (spec: Partial<Deployment["spec"]> & object): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default", annotations: { team: "a" } },
  spec: {
    replicas: 4,
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 1,
    selector: { matchLabels: { app: "web" } },
    strategy: {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
    },
    template: template("v1"),
    ...spec,
  },
});
const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image }] },
});
const change =
  (spec: Partial<Deployment["spec"]> & object) =>
  async ({ client }: Stage) => {
    const current = await client.get(deployments, "default", "web");
    if (current.spec === undefined) return;
    await client.update(deployments, { ...current, spec: { ...current.spec, ...spec } });
  };
const create =
  (object: Deployment) =>
  async ({ client }: Stage) =>
    void (await client.create(deployments, object));

const base = {
  controllers: [deploymentController, replicaSetController],
  compared: [pods, replicaSets, deployments],
};

describe("the Deployment controller", () => {
  it("rolls, scales and rolls back to the same end whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      steps: [
        create(deployment({})),
        change({ template: template("v2") }),
        change({ replicas: 2 }),
        change({ template: template("v3") }),
        change({ template: template("v2") }),
      ],
    };
    const { stage, events } = await expectSameEnd(scene);
    const { status, metadata } = await stage.client.get(deployments, "default", "web");
    expect(status).toMatchObject({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
    expect(status?.conditions?.map(({ type, reason }) => `${type} ${reason}`).sort()).toEqual([
      "Available MinimumReplicasAvailable",
      "Progressing NewReplicaSetAvailable",
    ]);
    expect(metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("4");
    const sets = stage.client.peekAll(replicaSets);
    expect(sets.map(({ metadata: { annotations = {} } }) => annotations)).toMatchObject([
      {
        "deployment.kubernetes.io/revision": "4",
        "deployment.kubernetes.io/revision-history": "2",
      },
      { "deployment.kubernetes.io/revision": "3" },
    ]);
    expect(events.find(({ reason }) => reason === "ScalingReplicaSet")?.message).toMatch(
      /^Scaled up replica set web-[bcdf-hj-np-tv-xz2456789]+ from 0 to 4$/,
    );
  });

  it("recreates to the same end whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      steps: [
        create(deployment({ strategy: { type: "Recreate" } })),
        change({ template: template("v2"), replicas: 3 }),
      ],
    };
    const { stage } = await expectSameEnd(scene);
    expect(stage.client.peekAll(pods).map(({ spec }) => spec?.containers[0]?.image)).toEqual([
      "v2",
      "v2",
      "v2",
    ]);
  });

  it("says that it waits, and then that it has waited too long", async () => {
    const { stage } = await play({
      ...base,
      behaviour: ({ spec }) => (spec?.containers[0]?.image === "v2" ? "wait" : "run"),
      steps: [
        create(deployment({ progressDeadlineSeconds: 60 })),
        change({ template: template("v2") }),
        async ({ clock }) => clock.advance(62_000),
      ],
    });
    const { status } = await stage.client.get(deployments, "default", "web");
    expect(status).toMatchObject({ updatedReplicas: 2, availableReplicas: 3 });
    expect(status?.conditions?.find(({ type }) => type === "Progressing")).toMatchObject({
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: expect.stringMatching(/^ReplicaSet "web-\w+" has timed out progressing\.$/),
    });
  });

  it("does not roll while it is paused, but scales", async () => {
    const { stage } = await play({
      ...base,
      steps: [
        create(deployment({})),
        change({ paused: true, template: template("v2") }),
        change({ replicas: 6 }),
      ],
    });
    expect(stage.client.peekAll(pods).map(({ spec }) => spec?.containers[0]?.image)).toEqual(
      Array(6).fill("v1"),
    );
    const { status } = await stage.client.get(deployments, "default", "web");
    expect(status?.conditions?.find(({ type }) => type === "Progressing")).toMatchObject({
      status: "Unknown",
      reason: "DeploymentPaused",
    });
  });
});
