import type { StatefulSet } from "@kubets/api/apps/v1";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, type Scene, type Stage } from "../testing/perturbations.ts";
import { statefulSetController } from "./controller.ts";

const template = (image: string) => ({
  metadata: { labels: { app: "db" } },
  spec: { containers: [{ name: "c", image }] },
});
const statefulSet = (spec: Partial<StatefulSet["spec"]> & object = {}): StatefulSet => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "db", namespace: "default" },
  spec: {
    replicas: 3,
    serviceName: "db",
    selector: { matchLabels: { app: "db" } },
    template: template("v1"),
    volumeClaimTemplates: [
      { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" }, spec: {} },
    ],
    ...spec,
  },
});
const create =
  (object: StatefulSet) =>
  async ({ client }: Stage) =>
    void (await client.create(statefulSets, object));
const change =
  (spec: Partial<StatefulSet["spec"]> & object) =>
  async ({ client }: Stage) => {
    const current = await client.get(statefulSets, "default", "db");
    if (current.spec === undefined) return;
    await client.update(statefulSets, { ...current, spec: { ...current.spec, ...spec } });
  };
const base = {
  controllers: [statefulSetController],
  compared: [pods, statefulSets, controllerRevisions, persistentVolumeClaims],
};
const images = ({ client }: Stage) =>
  client
    .peekAll(pods)
    .map(({ metadata, spec }) => `${metadata.name} ${spec?.containers[0]?.image}`)
    .sort();

describe("the StatefulSet controller", () => {
  it("scales and rolls in order to the same end whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      steps: [
        create(statefulSet()),
        change({ replicas: 2 }),
        change({
          replicas: 3,
          template: template("v2"),
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } },
        }),
        async ({ client }) => client.delete(pods, "default", "db-0"),
        change({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } }),
      ],
    };
    const { stage, events } = await expectSameEnd(scene);
    expect(images(stage)).toEqual(["db-0 v1", "db-1 v2", "db-2 v2"]);
    expect((await stage.client.get(statefulSets, "default", "db")).status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 1,
      updatedReplicas: 2,
    });
    expect(
      stage.client
        .peekAll(persistentVolumeClaims)
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(["data-db-0", "data-db-1", "data-db-2"]);
    expect(events.slice(0, 3).map(({ message }) => message)).toEqual([
      "Create Claim data-db-0 Pod db-0 in StatefulSet db success",
      "Create Pod db-0 in StatefulSet db successful",
      "Create Claim data-db-1 Pod db-1 in StatefulSet db success",
    ]);
  });

  it("rolls all of a parallel set, and back, to the same end whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      steps: [
        create(
          statefulSet({
            podManagementPolicy: "Parallel",
            persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Delete" },
          }),
        ),
        change({ template: template("v2") }),
        change({ template: template("v1"), replicas: 2 }),
      ],
    };
    const { stage } = await expectSameEnd(scene);
    expect(images(stage)).toEqual(["db-0 v1", "db-1 v1"]);
    const { status } = await stage.client.get(statefulSets, "default", "db");
    expect(status?.currentRevision).toBe(status?.updateRevision);
    const owners = (name: string) =>
      stage.client
        .peek(persistentVolumeClaims, "default", name)
        ?.metadata.ownerReferences?.map(({ kind }) => kind);
    expect([owners("data-db-0"), owners("data-db-2")]).toEqual([["StatefulSet"], ["Pod"]]);
  });
});
