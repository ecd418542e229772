/** A whole kubelet against the in-memory API, over whatever runtime a test brings. */

import type { KubeObject } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import type { Pod } from "@kubets/api/core/v1";
import {
  type Client,
  configMaps,
  coreEvents,
  nodes,
  pods,
  type ResourceType,
  services,
} from "@kubets/client";
import { createMemoryClient, type MemoryClient } from "@kubets/client/testing";
import type { ContainerRuntime } from "@kubets/cri";
import { Metrics, RunnableGroup, silentLogger, systemClock } from "@kubets/service";
import { createKubelet, type Kubelet, type KubeletOptions } from "../kubelet.ts";
import { simulatedMachine } from "../node/machine.ts";

export interface KubeletHarness {
  readonly api: MemoryClient;
  readonly kubelet: Kubelet;
  /** Creates a pod that is bound to the node already. */
  run(pod: Pod): Promise<Pod>;
  /** Resolves with the first version of the object that the condition holds for. */
  until<T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    holds: (object: T) => boolean,
  ): Promise<T>;
  untilPod(name: string, holds: (pod: Pod) => boolean): Promise<Pod>;
  untilGone(name: string): Promise<void>;
  /** "Reason: message" of the events about a pod, in order. */
  events(podName: string): string[];
  /** Stops the kubelet and starts another on the same runtime and files. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const NODE = "node-a";

export async function startKubelet(
  runtime: ContainerRuntime,
  directory: string,
  more: Partial<KubeletOptions> = {},
): Promise<KubeletHarness> {
  const api = createMemoryClient({ clock: systemClock });
  api.seed(configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kube-root-ca.crt", namespace: "default" },
    data: { "ca.crt": "the authority" },
  });
  api.seed(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default" },
    spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443, protocol: "TCP" }] },
  });
  const make = () => {
    const kubelet = createKubelet({
      client: withTokens(api),
      runtime,
      realProcesses: false,
      clock: systemClock,
      logger: silentLogger,
      metrics: new Metrics(),
      machine: simulatedMachine({ nodeName: NODE, cpuCount: 4, memoryBytes: 8 * 1024 ** 3 }),
      nodeName: NODE,
      hostname: NODE,
      nodeIps: ["192.0.2.10"],
      nodeLabels: {},
      taints: [],
      port: 10_250,
      podsMax: 110,
      reserved: {},
      rootDir: `${directory}/kubelet`,
      podLogsDir: `${directory}/logs`,
      clusterDns: [],
      clusterDomain: "cluster.local",
      resolvConf: "/etc/resolv.conf",
      cgroups: { version: 1, root: "/" },
      podCidr: "10.244.7.0/24",
      parallelPullsMax: 1,
      seccompDefault: false,
      ...more,
    });
    return {
      kubelet,
      group: new RunnableGroup(kubelet.parts, { logger: silentLogger, clock: systemClock }),
    };
  };
  let current = make();
  await current.group.start(new AbortController().signal);

  const until = async <T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    holds: (object: T) => boolean,
  ): Promise<T> => {
    const done = new AbortController();
    const now = api.peek(type, namespace, name);
    if (now !== undefined && holds(now)) return now;
    const { resourceVersion } = await api.list(type);
    const again = api.peek(type, namespace, name);
    if (again !== undefined && holds(again)) return again;
    for await (const batch of api.watch(type, { resourceVersion, signal: done.signal })) {
      for (const event of batch) {
        if (event.type !== "ADDED" && event.type !== "MODIFIED") continue;
        const { metadata } = event.object;
        if (metadata.name !== name || (metadata.namespace ?? "") !== namespace) continue;
        if (holds(event.object)) return event.object;
      }
    }
    throw new Error("the watch ended");
  };
  await until(nodes, "", NODE, (node) =>
    (node.status?.conditions ?? []).some(
      ({ type, status }) => type === "Ready" && status === "True",
    ),
  );
  return {
    api,
    get kubelet() {
      return current.kubelet;
    },
    run: (pod) =>
      api.create(pods, {
        ...pod,
        spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: NODE },
      }),
    until,
    untilPod: (name, holds) => until(pods, "default", name, holds),
    async untilGone(name) {
      const { resourceVersion } = await api.list(pods);
      if (api.peek(pods, "default", name) === undefined) return;
      for await (const batch of api.watch(pods, { resourceVersion })) {
        if (batch.some((event) => event.type === "DELETED" && event.object.metadata.name === name))
          return;
      }
    },
    events: (podName) =>
      api
        .peekAll(coreEvents)
        .filter(({ involvedObject }) => involvedObject?.name === podName)
        .map(({ reason, message }) => `${reason}: ${message}`),
    async restart() {
      await current.group.stop();
      current = make();
      await current.group.start(new AbortController().signal);
    },
    async stop() {
      await current.group.stop();
    },
  };
}

/** The in-memory API with one subresource more: service account tokens. */
function withTokens(api: MemoryClient): Client {
  let issued = 0;
  return {
    get: api.get.bind(api),
    list: api.list.bind(api),
    watch: api.watch.bind(api),
    create: api.create.bind(api),
    update: api.update.bind(api),
    updateStatus: api.updateStatus.bind(api),
    patch: api.patch.bind(api),
    delete: api.delete.bind(api),
    updateSubresource: api.updateSubresource.bind(api),
    deleteCollection: api.deleteCollection.bind(api),
    close: api.close.bind(api),
    async createSubresource<R extends KubeObject>(
      type: ResourceType,
      target: { readonly namespace: string; readonly name: string; readonly subresource: string },
      object: KubeObject,
    ): Promise<R> {
      if (target.subresource !== "token") return api.createSubresource<R>(type, target, object);
      issued += 1;
      const expirationTimestamp = new Date(systemClock.now() + 3_600_000).toISOString();
      const answer: TokenRequest = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: {},
        spec: { audiences: [] },
        status: { token: `token-${issued}-of-${target.name}`, expirationTimestamp },
      };
      return answer as unknown as R;
    },
  };
}
