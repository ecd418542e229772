/** What users read when the server refuses a controller something: reasons and words are upstream's. */
import { forbidden, type KubeObject, notFound } from "@kubets/api";
import type { StatefulSet } from "@kubets/api/apps/v1";
import type { Job } from "@kubets/api/batch/v1";
import type { Node, Pod, Service } from "@kubets/api/core/v1";
import {
  endpointSlices,
  endpoints,
  jobs,
  nodes,
  pods,
  type ResourceType,
  replicaSets,
  services,
  statefulSets,
} from "@kubets/client";
import { createMemoryClient, type MemoryCall } from "@kubets/client/testing";
import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import type { ControllerDefinition } from "../controller-context.ts";
import { endpointsController } from "../endpoints/controller.ts";
import { endpointSliceController } from "../endpointslice/controller.ts";
import { jobController } from "../job/controller.ts";
import { nodeLifecycleController } from "../node-lifecycle/controller.ts";
import { replicaSetController } from "../replicaset/controller.ts";
import { statefulSetController } from "../statefulset/controller.ts";
import { disturbedReader } from "./disturbed-reader.ts";
import { Incarnation, type RecordedEvent } from "./incarnation.ts";

const meta = (name: string) => ({ name, namespace: "default", labels: { app: "web" } });
const selector = { matchLabels: { app: "web" } };
const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};
const service: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: meta("web"),
  spec: { clusterIP: "10.96.0.7", selector: { app: "web" }, ports: [{ port: 80 }] },
};
const backend: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: meta("web-1"),
  spec: { nodeName: "n", ...template.spec },
  status: { phase: "Running", podIP: "10.1.0.1", conditions: [{ type: "Ready", status: "True" }] },
};
const slice = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    ...meta("web-abc"),
    labels: {
      "kubernetes.io/service-name": "web",
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    },
    ownerReferences: [
      { apiVersion: "v1", kind: "Service", name: "web", uid: "seed-1", controller: true },
    ],
  },
  addressType: "IPv4",
  endpoints: [],
  ports: [{ name: "", port: 80, protocol: "TCP" }],
};

type Seed = readonly [ResourceType, KubeObject];

/** The events of a controller whose writes of a resource are refused. */
async function eventsOf(
  controller: ControllerDefinition,
  refused: string,
  ...seeds: readonly Seed[]
): Promise<readonly Omit<RecordedEvent, "regarding">[]> {
  const clock = new FakeClock();
  const client = createMemoryClient({ clock });
  for (const [type, object] of seeds) client.seed(type, object);
  client.intercept(({ verb, resource, name }: MemoryCall) => {
    if (`${verb} ${resource}` !== refused) return;
    // One that is gone is not refused.
    if (verb === "patch") throw notFound({ group: "", resource }, name);
    throw forbidden({ group: "", resource }, name, "no");
  });
  const events: RecordedEvent[] = [];
  const incarnation = new Incarnation({
    client,
    reader: disturbedReader(client, clock, {}, () => 0),
    clock,
    controllers: [controller],
    onEvent: (event) => events.push(event),
  });
  await incarnation.start();
  await clock.advance(1_000);
  await incarnation.stop();
  return events;
}

const no = (resource: string, name: string) => `${resource} "${name}" is forbidden: no`;

describe("events of controllers", () => {
  it("tell of pods that cannot be created", async () => {
    const set = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: meta("web") };
    const events = await eventsOf(replicaSetController, "create pods", [
      replicaSets,
      { ...set, spec: { replicas: 1, selector, template } } as KubeObject,
    ]);
    expect(events[0]).toEqual({
      regarding: "ReplicaSet/web",
      type: "Warning",
      reason: "FailedCreate",
      message: expect.stringMatching(/^Error creating: pods ".*" is forbidden: no$/),
    });
  });

  it("tell of Endpoints and slices that cannot be written", async () => {
    const existing = { apiVersion: "v1", kind: "Endpoints", metadata: meta("web") };
    const create = await eventsOf(
      endpointsController,
      "create endpoints",
      [services, service],
      [pods, backend],
    );
    expect(create[0]).toEqual({
      regarding: "Endpoints/web",
      type: "Warning",
      reason: "FailedToCreateEndpoint",
      message: `Failed to create endpoint for service default/web: ${no("endpoints", "web")}`,
    });
    const update = await eventsOf(
      endpointsController,
      "update endpoints",
      [services, service],
      [endpoints, existing],
      [pods, backend],
    );
    expect(update[0]).toEqual({
      regarding: "Endpoints/web",
      type: "Warning",
      reason: "FailedToUpdateEndpoint",
      message: `Failed to update endpoint default/web: ${no("endpoints", "web")}`,
    });
    const slices = await eventsOf(
      endpointSliceController({}),
      "update endpointslices",
      [services, service],
      [endpointSlices, slice],
      [nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "n" } }],
      [pods, backend],
    );
    expect(slices[0]).toEqual({
      regarding: "Service/web",
      type: "Warning",
      reason: "FailedToUpdateEndpointSlices",
      message: `Error updating Endpoint Slices for Service default/web: failed to update web-abc EndpointSlice for Service default/web: ${no("endpointslices", "web-abc")}`,
    });
  });

  it("tell of the claims of a StatefulSet's pod that cannot be created", async () => {
    const set: StatefulSet = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: meta("db"),
      spec: {
        replicas: 1,
        serviceName: "db",
        selector,
        template,
        volumeClaimTemplates: [
          {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"] },
          },
        ],
      },
    };
    const refused = no("persistentvolumeclaims", "data-db-0");
    const events = await eventsOf(statefulSetController, "create persistentvolumeclaims", [
      statefulSets,
      set,
    ]);
    expect(events.slice(0, 2)).toEqual([
      {
        regarding: "StatefulSet/db",
        type: "Warning",
        reason: "FailedCreate",
        message: `Create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: ${refused}`,
      },
      {
        regarding: "StatefulSet/db",
        type: "Warning",
        reason: "FailedCreate",
        message: `Create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: ${refused}`,
      },
    ]);
  });

  it("tell of a Job whose completion mode nobody knows", async () => {
    const job: Job = {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: meta("j"),
      spec: { completionMode: "Tomorrow", selector, template },
    };
    expect(await eventsOf(jobController, "", [jobs, job])).toEqual([
      {
        regarding: "Job/j",
        type: "Warning",
        reason: "UnknownCompletionMode",
        message: "Skipped Job sync because completion mode is unknown",
      },
    ]);
  });

  it("tell of a silent node, and of its pods only while they are there", async () => {
    const silent: Node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "n" },
      status: { conditions: [{ type: "Ready", status: "Unknown" }] },
    };
    const controller = nodeLifecycleController({ graceMs: 50_000, startupGraceMs: 50_000 });
    const registered = {
      regarding: "Node/n",
      type: "Normal",
      reason: "RegisteredNode",
      message: "Node n event: Registered Node n in Controller",
    };
    expect(await eventsOf(controller, "", [nodes, silent], [pods, backend])).toEqual([
      registered,
      {
        regarding: "Pod/web-1",
        type: "Warning",
        reason: "NodeNotReady",
        message: "Node is not ready",
      },
    ]);
    expect(
      await eventsOf(controller, "patch pods/status", [nodes, silent], [pods, backend]),
    ).toEqual([registered]);
  });
});
