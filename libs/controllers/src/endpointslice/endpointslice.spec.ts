import type { Pod, Service } from "@kubets/api/core/v1";
import { endpointSlices, endpoints, nodes, pods, services } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { endpointsController } from "../endpoints/controller.ts";
import { expectSameEnd, type Scene, type Stage } from "../testing/perturbations.ts";
import { endpointSliceController } from "./controller.ts";

const service: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default", labels: { team: "a" } },
  spec: {
    clusterIP: "10.96.0.7",
    ipFamilies: ["IPv4"],
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
  },
};
const pod = (name: string, app: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", labels: { app } },
  spec: {
    containers: [
      { name: "c", image: "i", ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }] },
    ],
  },
});
const create =
  (...objects: readonly Pod[]) =>
  async ({ client }: Stage) => {
    for (const object of objects) await client.create(pods, object);
  };

const scene: Scene = {
  controllers: [endpointSliceController(), endpointsController],
  compared: [endpointSlices, endpoints],
  steps: [
    async ({ client }) => {
      await client.create(nodes, {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "node-1", labels: { "topology.kubernetes.io/zone": "z1" } },
      });
      await client.create(services, service);
    },
    create(pod("a", "web"), pod("b", "web"), pod("other", "db")),
    async ({ client }) => client.delete(pods, "default", "a"),
    create(pod("c", "web")),
    async ({ client }) => {
      const current = await client.get(pods, "default", "c");
      const conditions = current.status?.conditions?.map((condition) =>
        condition.type === "Ready" ? { ...condition, status: "False" } : condition,
      );
      client.seed(pods, { ...current, status: { ...current.status, conditions } });
    },
  ],
};

describe("Endpoints", () => {
  it("go with their Service, whatever happens to the controller", async () => {
    const ended: Scene = {
      ...scene,
      controllers: [endpointsController],
      compared: [endpoints],
      steps: [...scene.steps, async ({ client }) => client.delete(services, "default", "web")],
    };
    const { state } = await expectSameEnd(ended);
    expect(state).toEqual([]);
  });
});

describe("the controllers of EndpointSlices and Endpoints", () => {
  it("come to the same end whatever happens to them", async () => {
    const { stage } = await expectSameEnd(scene);
    const [slice, ...more] = stage.client.peekAll(endpointSlices);
    expect(more).toEqual([]);
    expect(slice).toMatchObject({
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      metadata: {
        generateName: "web-",
        labels: {
          team: "a",
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
        ownerReferences: [{ kind: "Service", name: "web", controller: true }],
      },
    });
    expect(slice?.endpoints).toMatchObject([
      { conditions: { ready: true, serving: true, terminating: false }, zone: "z1" },
      { conditions: { ready: false, serving: false, terminating: false }, nodeName: "node-1" },
    ]);
    expect((await stage.client.get(endpoints, "default", "web")).subsets).toMatchObject([
      {
        addresses: [{ ip: "10.0.0.1", targetRef: { kind: "Pod", name: "b" } }],
        notReadyAddresses: [{ ip: "10.0.0.1", targetRef: { name: "c" } }],
        ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      },
    ]);
  });
});
