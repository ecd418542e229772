import { builtinResources } from "@kubets/api";
import type { ConfigMap, Node, Pod } from "@kubets/api/core/v1";
import { configMaps, namespaces, nodes, pods, serviceAccounts } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { garbageCollectorController } from "../garbage-collector/controller.ts";
import { namespaceController } from "../namespace/controller.ts";
import { nodeIpamController } from "../node-ipam/controller.ts";
import { nodeLifecycleController } from "../node-lifecycle/controller.ts";
import { rootCaCertPublisher } from "../root-ca-cert-publisher/controller.ts";
import { serviceAccountController } from "../serviceaccount/controller.ts";
import { taintEvictionController } from "../taint-eviction/controller.ts";
import { expectSameEnd, type Stage } from "./perturbations.ts";

/** What these tests need of the API, so that each run watches a handful of resources. */
const resources = () =>
  builtinResources.filter(
    ({ group, resource }) =>
      group === "" && ["configmaps", "pods", "namespaces", "serviceaccounts"].includes(resource),
  );
const configMap = (name: string, owner?: ConfigMap): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    namespace: "default",
    ...(owner === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid ?? "" },
          ],
        }),
  },
});
const createNamespace =
  (name: string) =>
  async ({ client }: Stage) =>
    void (await client.create(namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    }));

describe("whatever happens to it", () => {
  it("the service account and root CA controllers furnish each namespace", async () => {
    const { stage } = await expectSameEnd({
      controllers: [serviceAccountController, rootCaCertPublisher("PEM")],
      compared: [serviceAccounts, configMaps],
      steps: [
        createNamespace("a"),
        async ({ client }) => client.delete(serviceAccounts, "a", "default"),
        createNamespace("b"),
      ],
    });
    expect(stage.client.peekAll(serviceAccounts)).toHaveLength(2);
    expect(stage.client.peek(configMaps, "b", "kube-root-ca.crt")?.data).toEqual({
      "ca.crt": "PEM",
    });
  });

  it("the namespace controller empties a namespace and lets it go", async () => {
    const { state } = await expectSameEnd({
      controllers: [namespaceController(resources)],
      compared: [namespaces, configMaps, pods],
      steps: [
        createNamespace("a"),
        async ({ client }) => {
          for (const name of ["x", "y"]) {
            const { metadata, ...rest } = configMap(name);
            await client.create(configMaps, { ...rest, metadata: { ...metadata, namespace: "a" } });
          }
          const pod: Pod = {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "p", namespace: "a" },
            spec: { containers: [] },
          };
          await client.create(pods, pod);
        },
        async ({ client }) => client.delete(namespaces, "", "a"),
      ],
    });
    expect(state).toEqual([]);
  });

  it("the garbage collector takes what nobody owns any more", async () => {
    const { stage } = await expectSameEnd({
      controllers: [garbageCollectorController(resources)],
      compared: [configMaps],
      steps: [
        async ({ client }) => {
          const owner = await client.create(configMaps, configMap("owner"));
          for (const name of ["a", "b"]) await client.create(configMaps, configMap(name, owner));
          await client.create(configMaps, configMap("free"));
        },
        async ({ client }) => client.delete(configMaps, "default", "owner"),
      ],
    });
    expect(stage.client.peekAll(configMaps).map(({ metadata }) => metadata.name)).toEqual(["free"]);
  });

  it("node lifecycle says that a silent node's state is unknown, and keeps new pods from it", async () => {
    const { stage } = await expectSameEnd({
      controllers: [
        nodeLifecycleController({ graceMs: 5_000, startupGraceMs: 5_000, evictionsPerSecond: 1 }),
      ],
      compared: [nodes],
      steps: [
        ({ client }) =>
          void client.seed(nodes, {
            apiVersion: "v1",
            kind: "Node",
            metadata: { name: "n" },
            spec: {},
            status: {
              conditions: [
                { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
              ],
            },
          }),
      ],
    });
    const node = stage.client.peek(nodes, "", "n");
    expect(node?.status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("Unknown");
    expect(node?.spec?.taints).toMatchObject([
      { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" },
    ]);
  });

  it("taint eviction empties a node, and node IPAM gives each node a range of its own", async () => {
    const node = (name: string, isTainted: boolean): Node => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      spec: isTainted ? { taints: [{ key: "x", effect: "NoExecute" }] } : {},
    });
    const pod = (name: string, nodeName: string): Pod => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default" },
      spec: { containers: [], nodeName },
    });
    const { stage } = await expectSameEnd({
      controllers: [
        taintEvictionController,
        nodeIpamController({ clusterCidr: "10.0.0.0/16", nodeMaskBits: 24 }),
      ],
      compared: [pods],
      steps: [
        async ({ client }) => {
          await client.create(nodes, node("good", false));
          await client.create(nodes, node("bad", true));
          await client.create(pods, pod("a", "good"));
          await client.create(pods, pod("b", "bad"));
        },
      ],
    });
    expect(stage.client.peekAll(pods).map(({ metadata }) => metadata.name)).toEqual(["a"]);
    const ranges = stage.client.peekAll(nodes).map(({ spec }) => spec?.podCIDR);
    expect(new Set(ranges).size).toBe(2);
  });
});
