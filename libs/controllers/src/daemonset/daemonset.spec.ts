import type { DaemonSet } from "@kubets/api/apps/v1";
import type { Node } from "@kubets/api/core/v1";
import { controllerRevisions, daemonSets, nodes, pods } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, type Scene, type Stage } from "../testing/perturbations.ts";
import { daemonSetController } from "./controller.ts";

const template = (image: string) => ({
  metadata: { labels: { app: "agent" } },
  spec: { containers: [{ name: "c", image }] },
});
const daemonSet = (spec: Partial<DaemonSet["spec"]> & object = {}): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "default" },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: template("v1"),
    revisionHistoryLimit: 1,
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    ...spec,
  },
});
const node = (name: string, taints: NonNullable<Node["spec"]>["taints"] = []): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  spec: { taints },
});
const change =
  (spec: Partial<DaemonSet["spec"]> & object) =>
  async ({ client }: Stage) => {
    const current = await client.get(daemonSets, "default", "agent");
    if (current.spec === undefined) return;
    await client.update(daemonSets, { ...current, spec: { ...current.spec, ...spec } });
  };
const addNode =
  (...added: readonly Node[]) =>
  async ({ client }: Stage) => {
    for (const each of added) await client.create(nodes, each);
  };
const base = {
  controllers: [daemonSetController],
  compared: [pods, daemonSets, controllerRevisions],
};
const placed = ({ client }: Stage) =>
  client
    .peekAll(pods)
    .map(({ spec }) => `${spec?.nodeName} ${spec?.containers[0]?.image}`)
    .sort();

describe("the DaemonSet controller", () => {
  it("follows nodes and rolls to the same end whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      steps: [
        addNode(node("n1"), node("n2"), node("n3", [{ key: "x", effect: "NoSchedule" }])),
        async ({ client }) => void (await client.create(daemonSets, daemonSet())),
        addNode(node("n4")),
        change({ template: template("v2") }),
        async ({ client }) => {
          const [pod] = client.peekAll(pods);
          await client.delete(pods, "default", pod?.metadata.name ?? "");
        },
      ],
    };
    const { stage } = await expectSameEnd(scene);
    expect(placed(stage)).toEqual(["n1 v2", "n2 v2", "n4 v2"]);
    expect((await stage.client.get(daemonSets, "default", "agent")).status).toMatchObject({
      currentNumberScheduled: 3,
      desiredNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
      numberMisscheduled: 0,
    });
    expect(
      stage.client.peekAll(controllerRevisions).map(({ revision, data }) => ({ revision, data })),
    ).toMatchObject([
      { revision: 1, data: { spec: { template: { $patch: "replace" } } } },
      { revision: 2 },
    ]);
  });

  it("rolls with a surge and back to the same end whatever happens to it", async () => {
    const scene: Scene = {
      ...base,
      steps: [
        addNode(node("n1"), node("n2")),
        async ({ client }) =>
          void (await client.create(
            daemonSets,
            daemonSet({
              updateStrategy: {
                type: "RollingUpdate",
                rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
              },
            }),
          )),
        change({ template: template("v2") }),
        change({ template: template("v1") }),
      ],
    };
    const { stage } = await expectSameEnd(scene);
    expect(placed(stage)).toEqual(["n1 v1", "n2 v1"]);
  });
});
