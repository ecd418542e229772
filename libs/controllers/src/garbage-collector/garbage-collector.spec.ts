import { builtinResources, type KubeObject } from "@kubets/api";
import type { ConfigMap, Node } from "@kubets/api/core/v1";
import { configMaps, nodes } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, play, type Scene, type Stage } from "../testing/perturbations.ts";
import { garbageCollectorController } from "./controller.ts";

const resources = () =>
  builtinResources.filter(
    ({ group, resource }) => group === "" && ["configmaps", "nodes"].includes(resource),
  );
const configMap = (namespace: string, name: string, ...owners: KubeObject[]): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name, ownerReferences: owners.map(referenceTo) },
});
const referenceTo = ({ kind, metadata }: KubeObject) => ({
  apiVersion: "v1",
  kind,
  name: metadata.name ?? "",
  uid: metadata.uid ?? "",
});
const node = (name: string, ...owners: KubeObject[]): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, ownerReferences: owners.map(referenceTo) },
});
const base = { controllers: [garbageCollectorController(resources)], compared: [configMaps] };
const names = ({ client }: Stage) =>
  client.peekAll(configMaps).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

describe("the garbage collector", () => {
  it("takes what names an owner in another namespace, says why, and leaves that owner's own", async () => {
    const scene: Scene = {
      ...base,
      steps: [
        async ({ client }) => {
          const owner = await client.create(configMaps, configMap("a", "owner"));
          await client.create(configMaps, configMap("b", "stray", owner));
          await client.create(configMaps, configMap("a", "own", owner));
        },
        // Looked at again, when the owner is already known not to be in the other namespace.
        async ({ client }) => {
          const own = await client.get(configMaps, "a", "own");
          await client.update(configMaps, { ...own, data: { x: "y" } });
        },
      ],
    };
    const { stage, events } = await expectSameEnd(scene);
    expect(names(stage).sort()).toEqual(["a/own", "a/owner"]);
    const uid = stage.client.peek(configMaps, "a", "owner")?.metadata.uid;
    expect(events).toEqual([
      {
        regarding: "ConfigMap/stray",
        type: "Warning",
        reason: "OwnerRefInvalidNamespace",
        message: `ownerRef [v1/ConfigMap, namespace: b, name: owner, uid: ${uid}] does not exist in namespace "b"`,
      },
    ]);
  });

  it("leaves a cluster's object alone that names an owner in a namespace", async () => {
    const { stage } = await play({
      ...base,
      compared: [nodes],
      steps: [
        async ({ client }) => {
          const owner = await client.create(configMaps, configMap("a", "owner"));
          await client.create(nodes, node("n", owner));
          await client.delete(configMaps, "a", "owner");
        },
      ],
    });
    expect(stage.client.peekAll(nodes)).toHaveLength(1);
  });

  it("takes namespaced objects of a cluster's object that is gone, and keeps those with another owner", async () => {
    const { stage } = await expectSameEnd({
      ...base,
      steps: [
        async ({ client }) => {
          const owner = await client.create(nodes, node("n"));
          const other = await client.create(configMaps, configMap("a", "other"));
          await client.create(configMaps, configMap("a", "only", owner));
          await client.create(configMaps, configMap("a", "both", owner, other));
        },
        async ({ client }) => client.delete(nodes, "", "n"),
      ],
    });
    expect(names(stage).sort()).toEqual(["a/both", "a/other"]);
    const both = stage.client.peek(configMaps, "a", "both");
    expect(both?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["other"]);
  });
});
