/**
 * A scene for each built-in controller, by its name: what happens around it, and how it has to end. All are played with
 * every fault, and a controller without a scene fails the suite (every-controller.spec.ts).
 */
import type { KubeObject } from "@kubets/api";
import type { ConfigMap, Node, Pod, ResourceQuota } from "@kubets/api/core/v1";
import {
  configMaps,
  cronJobs,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  jobs,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  type ResourceType,
  replicaSets,
  replicationControllers,
  resourceType,
  serviceAccounts,
  services,
  statefulSets,
} from "@kubets/client";
import type { Scene, Stage } from "./perturbations.ts";

export interface ControllerScene extends Omit<Scene, "controllers"> {
  /** Other controllers that it needs to get anywhere. */
  readonly alongside?: readonly string[];
  /** What is there at the end. */
  end(stage: Stage): unknown;
  readonly wanted: unknown;
}

const resourceQuotas = resourceType<ResourceQuota>("", "v1", "resourcequotas", true);
const HOUR_MS = 3_600_000;
const selector = { matchLabels: { app: "web" } };
const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image }] },
});
const meta = (name: string) => ({ name, namespace: "default" });

const create =
  <T extends KubeObject>(type: ResourceType<T>, ...objects: readonly T[]) =>
  async ({ client }: Stage) => {
    for (const object of objects) await client.create(type, object);
  };
const change =
  <T extends KubeObject>(type: ResourceType<T>, name: string, changed: (before: T) => T) =>
  async ({ client }: Stage) => {
    const namespace = type.namespaced ? "default" : "";
    await client.update(type, changed(await client.get(type, namespace, name)));
  };
const remove =
  (type: ResourceType, name: string, namespace = "default") =>
  ({ client }: Stage) =>
    client.delete(type, type.namespaced ? namespace : "", name);
const later =
  (ms: number) =>
  ({ clock }: Stage) =>
    clock.advance(ms);
const names = (type: ResourceType) => (stage: Stage) =>
  stage.client
    .peekAll(type)
    .map(({ metadata }) => metadata.name)
    .sort();
const images = ({ client }: Stage) =>
  client.peekAll(pods).map(({ spec }) => spec?.containers[0]?.image);

const node = (name: string, spec: Node["spec"] = {}, status?: Node["status"]): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  spec,
  ...(status === undefined ? {} : { status }),
});
const pod = (name: string, nodeName?: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...meta(name), labels: { app: "web" } },
  spec: {
    containers: [{ name: "c", image: "i" }],
    ...(nodeName === undefined ? {} : { nodeName }),
  },
});
const namespaceNamed = (name: string) =>
  create(namespaces, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
const configMap = (name: string, namespace = "default", owner?: KubeObject): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    namespace,
    ...(owner === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid ?? "" },
          ],
        }),
  },
});
const webService = (spec: object) =>
  create(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: meta("web"),
    spec: { clusterIP: "10.96.0.7", ipFamilies: ["IPv4"], ports: [{ port: 80 }], ...spec },
  });
const replicaSet = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: meta("web"),
  spec: { replicas: 3, selector, template: template("v1") },
};
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: meta("web"),
  spec: { replicas: 3, progressDeadlineSeconds: 600, selector, template: template("v1") },
};

export const CONTROLLER_SCENES: Readonly<Record<string, ControllerScene>> = {
  "serviceaccount-controller": {
    compared: [serviceAccounts],
    steps: [namespaceNamed("a"), remove(serviceAccounts, "default", "a"), namespaceNamed("b")],
    end: names(serviceAccounts),
    wanted: ["default", "default"],
  },
  "root-ca-certificate-publisher-controller": {
    compared: [configMaps],
    steps: [namespaceNamed("a"), remove(configMaps, "kube-root-ca.crt", "a"), namespaceNamed("b")],
    end: ({ client }) => client.peekAll(configMaps).map(({ data }) => data),
    wanted: [{ "ca.crt": "PEM" }, { "ca.crt": "PEM" }],
  },
  "node-ipam-controller": {
    compared: [],
    steps: [create(nodes, node("a"), node("b")), create(nodes, node("c"))],
    end: ({ client }) => new Set(client.peekAll(nodes).map(({ spec }) => spec?.podCIDR)).size,
    wanted: 3,
  },
  "node-lifecycle-controller": {
    compared: [nodes],
    steps: [
      ({ client }) =>
        void client.seed(
          nodes,
          node(
            "n",
            {},
            {
              conditions: [
                { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
              ],
            },
          ),
        ),
    ],
    end: ({ client }) => {
      const silent = client.peek(nodes, "", "n");
      return [
        silent?.status?.conditions?.find(({ type }) => type === "Ready")?.status,
        silent?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`),
      ];
    },
    // The last zone that falls silent is not emptied, but gets no new pods.
    wanted: ["Unknown", ["node.kubernetes.io/unreachable:NoSchedule"]],
  },
  "taint-eviction-controller": {
    compared: [pods],
    steps: [
      create(nodes, node("good"), node("bad", { taints: [{ key: "x", effect: "NoExecute" }] })),
      create(pods, pod("a", "good"), pod("b", "bad"), pod("c", "bad")),
    ],
    end: names(pods),
    wanted: ["a"],
  },
  "namespace-controller": {
    compared: [namespaces, configMaps, pods],
    steps: [
      namespaceNamed("a"),
      create(configMaps, configMap("x", "a"), configMap("y", "a")),
      create(pods, { ...pod("p"), metadata: { name: "p", namespace: "a" } }),
      remove(namespaces, "a"),
    ],
    end: names(configMaps),
    wanted: [],
  },
  "garbage-collector-controller": {
    compared: [configMaps],
    steps: [
      async ({ client }) => {
        const owner = await client.create(configMaps, configMap("owner"));
        for (const name of ["a", "b"]) {
          await client.create(configMaps, configMap(name, "default", owner));
        }
        await client.create(configMaps, configMap("free"));
      },
      remove(configMaps, "owner"),
    ],
    end: names(configMaps),
    wanted: ["free"],
  },
  "endpoints-controller": {
    compared: [endpoints],
    steps: [
      webService({ selector: { app: "web" } }),
      create(pods, pod("a"), pod("b")),
      remove(pods, "a"),
    ],
    end: ({ client }) =>
      client
        .peek(endpoints, "default", "web")
        ?.subsets?.[0]?.addresses?.map(({ targetRef }) => targetRef?.name),
    wanted: ["b"],
  },
  "endpointslice-controller": {
    compared: [endpointSlices],
    steps: [
      create(nodes, node("node-1")),
      webService({ selector: { app: "web" } }),
      create(pods, pod("a"), pod("b")),
      remove(pods, "a"),
    ],
    end: ({ client }) =>
      client
        .peekAll(endpointSlices)
        .map((slice) => slice.endpoints?.map(({ targetRef }) => targetRef?.name)),
    wanted: [["b"]],
  },
  "endpointslice-mirroring-controller": {
    compared: [endpointSlices],
    steps: [
      webService({}),
      create(endpoints, {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: meta("web"),
        subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80, protocol: "TCP" }] }],
      }),
      change(endpoints, "web", (before) => ({
        ...before,
        subsets: [{ addresses: [{ ip: "fd00::1" }], ports: [{ port: 80, protocol: "TCP" }] }],
      })),
    ],
    end: ({ client }) => client.peekAll(endpointSlices).map(({ addressType }) => addressType),
    wanted: ["IPv6"],
  },
  "deployment-controller": {
    alongside: ["replicaset-controller"],
    compared: [pods, replicaSets, deployments],
    steps: [
      create(deployments, deployment),
      change(deployments, "web", (before) => ({
        ...before,
        spec: { ...deployment.spec, template: template("v2") },
      })),
    ],
    end: images,
    wanted: ["v2", "v2", "v2"],
  },
  "replicaset-controller": {
    compared: [pods, replicaSets],
    steps: [
      create(pods, pod("adopted")),
      create(replicaSets, replicaSet),
      change(replicaSets, "web", (before) => ({
        ...before,
        spec: { ...replicaSet.spec, replicas: 2 },
      })),
      async ({ client }) => {
        const [any] = client.peekAll(pods);
        await client.delete(pods, "default", any?.metadata.name ?? "");
      },
    ],
    end: (stage) => stage.client.peekAll(pods).length,
    wanted: 2,
  },
  "replicationcontroller-controller": {
    compared: [pods, replicationControllers],
    steps: [
      create(replicationControllers, {
        apiVersion: "v1",
        kind: "ReplicationController",
        metadata: meta("web"),
        spec: { replicas: 3, selector: { app: "web" }, template: template("v1") },
      }),
      change(replicationControllers, "web", (before) => ({
        ...before,
        spec: { ...before.spec, replicas: 1 },
      })),
    ],
    end: (stage) => stage.client.peekAll(pods).length,
    wanted: 1,
  },
  "daemonset-controller": {
    compared: [pods, daemonSets],
    steps: [
      create(nodes, node("a"), node("b")),
      create(daemonSets, {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: meta("web"),
        spec: { selector, template: template("v1") },
      }),
      create(nodes, node("c")),
      change(daemonSets, "web", (before) => ({
        ...before,
        spec: { selector, template: template("v2") },
      })),
    ],
    end: images,
    wanted: ["v2", "v2", "v2"],
  },
  "statefulset-controller": {
    compared: [pods, statefulSets],
    steps: [
      create(statefulSets, {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: meta("web"),
        spec: { replicas: 3, selector, template: template("v1") },
      }),
      change(statefulSets, "web", (before) => ({
        ...before,
        spec: { replicas: 2, selector, template: template("v2") },
      })),
    ],
    end: (stage) => [names(pods)(stage), images(stage)],
    wanted: [
      ["web-0", "web-1"],
      ["v2", "v2"],
    ],
  },
  "job-controller": {
    compared: [jobs],
    behaviour: () => "succeed",
    steps: [
      create(jobs, {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: meta("web"),
        spec: { parallelism: 2, completions: 3, selector, template: template("v1") },
      }),
    ],
    end: ({ client }) => client.peek(jobs, "default", "web")?.status?.succeeded,
    wanted: 3,
  },
  "cronjob-controller": {
    compared: [cronJobs, jobs],
    steps: [
      create(cronJobs, {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: meta("tick"),
        spec: { schedule: "30 * * * *", timeZone: "Etc/UTC", jobTemplate: {} },
      }),
      later(HOUR_MS),
      later(HOUR_MS),
    ],
    end: (stage) => names(jobs)(stage).length,
    wanted: 2,
  },
  "disruption-controller": {
    alongside: ["replicaset-controller"],
    compared: [podDisruptionBudgets],
    steps: [
      create(replicaSets, replicaSet),
      create(podDisruptionBudgets, {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: meta("web"),
        spec: { maxUnavailable: 1, selector },
      }),
      change(replicaSets, "web", (before) => ({
        ...before,
        spec: { ...replicaSet.spec, replicas: 5 },
      })),
    ],
    end: ({ client }) =>
      client.peek(podDisruptionBudgets, "default", "web")?.status?.desiredHealthy,
    wanted: 4,
  },
  "pod-garbage-collector-controller": {
    compared: [pods],
    behaviour: () => "wait",
    steps: [
      create(nodes, node("up")),
      ({ client }) => {
        client.seed(pods, pod("a", "gone"));
        client.seed(pods, pod("b", "up"));
      },
      async ({ clock }) => {
        for (let round = 0; round < 8; round++) await clock.advance(20_000);
      },
    ],
    end: names(pods),
    wanted: ["b"],
  },
  "resourcequota-controller": {
    compared: [resourceQuotas],
    steps: [
      create(pods, pod("a"), pod("b")),
      create(configMaps, configMap("x")),
      create(resourceQuotas, {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: meta("web"),
        spec: { hard: { pods: "5", configmaps: "5" } },
      }),
      remove(pods, "a"),
      remove(configMaps, "x"),
    ],
    end: ({ client }) => client.peek(resourceQuotas, "default", "web")?.status?.used,
    wanted: { pods: "1", configmaps: "0" },
  },
  "ttl-after-finished-controller": {
    compared: [jobs],
    steps: [
      ({ client }) => {
        for (const [name, seconds] of [
          ["short", 60],
          ["long", 1_000_000],
        ] as const) {
          client.seed(jobs, {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata: meta(name),
            spec: { ttlSecondsAfterFinished: seconds, template: template("v1") },
            status: {
              conditions: [
                { type: "Complete", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
              ],
            },
          });
        }
      },
      later(HOUR_MS),
    ],
    end: names(jobs),
    wanted: ["long"],
  },
};
