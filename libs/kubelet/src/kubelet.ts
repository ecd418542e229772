/**
 * Puts a kubelet together from its parts. The parts start in the order of the list and stop in reverse;
 * stopping leaves every container running.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { podRequests, qosClass } from "@kubets/api";
import type { Pod, Service, Taint } from "@kubets/api/core/v1";
import { type Client, EventRecorder, Informer, pods, services } from "@kubets/client";
import type { ContainerRuntime } from "@kubets/cri";
import {
  type Clock,
  kubernetesVersion,
  type Logger,
  type Metrics,
  type Runnable,
} from "@kubets/service";
import { type CgroupManager, createCgroupManager, noCgroups } from "./cgroups/cgroup-manager.ts";
import { ObjectWatches } from "./config/object-watches.ts";
import { type DnsSettings, parseResolvConf } from "./container/dns.ts";
import { milli } from "./container/linux-resources.ts";
import type { EventSink } from "./events/event-sink.ts";
import { ImageCollector } from "./gc/image-collector.ts";
import { NodeJanitor } from "./gc/node-janitor.ts";
import { ImageManager } from "./images/image-manager.ts";
import { createKubeletMetrics } from "./kubelet-metrics.ts";
import { createHookRunner } from "./lifecycle/hook-runner.ts";
import { writeCniBridge } from "./network/cni-bridge.ts";
import { admissionVerdict } from "./node/admission.ts";
import type { Machine } from "./node/machine.ts";
import { NodeAgent } from "./node/node-agent.ts";
import { NodeLease } from "./node/node-lease.ts";
import type { NodeSettings } from "./node/node-object.ts";
import { BackOff } from "./pod/back-off.ts";
import { uidOf } from "./pod/pod-facts.ts";
import { createContainerProber, simulatedProber } from "./probes/container-probes.ts";
import { ProbeManager } from "./probes/probe-manager.ts";
import { boundStarts } from "./runtime/bound-starts.ts";
import { PodRuntimeReader } from "./runtime/pod-runtime-reader.ts";
import { runtimeHandler } from "./runtime/runtime-handler.ts";
import { RuntimeWatch } from "./runtime/runtime-watch.ts";
import { StatusManager } from "./status/status-manager.ts";
import { hostMounter, noMounter } from "./volumes/mounter.ts";
import { TokenSource } from "./volumes/token-source.ts";
import { VolumeManager } from "./volumes/volume-manager.ts";
import type { PodContext } from "./worker/pod-context.ts";
import { PodWorkers } from "./worker/pod-workers.ts";

export interface KubeletOptions {
  readonly client: Client;
  readonly runtime: ContainerRuntime;
  /** False for the simulated runtime: no cgroups, mounts or network of the machine are touched. */
  readonly realProcesses: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly machine: Machine;
  readonly nodeName: string;
  readonly hostname: string;
  /** The node's addresses, the primary one first. */
  readonly nodeIps: readonly string[];
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** The port of the node API. */
  readonly port: number;
  readonly podsMax: number;
  readonly reserved: Readonly<Record<string, string>>;
  readonly rootDir: string;
  readonly podLogsDir: string;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly resolvConf: string;
  readonly cgroups: {
    readonly version: 1 | 2;
    readonly root: string;
    readonly podPidsMax?: number;
  };
  /** Given: pods get their network from a CNI bridge that the kubelet configures. */
  readonly cniBridge?: {
    readonly name: string;
    readonly bridge: string;
    readonly confDir: string;
    readonly masquerade: boolean;
  };
  /** The pods' range where nobody assigns one to the node. Upstream: --pod-cidr. */
  readonly podCidr?: string;
  readonly parallelPullsMax: number;
  readonly seccompDefault: boolean;
  /** Upstream: nodeStatusUpdateFrequency, nodeStatusReportFrequency. */
  readonly nodeStatusUpdateMs?: number;
  readonly nodeStatusReportMs?: number;
}

export interface Kubelet {
  readonly parts: readonly Runnable[];
  readonly context: PodContext;
  readonly workers: PodWorkers;
  readonly agent: NodeAgent;
  /** The pods that the API assigns to this node. */
  podsOfNode(): readonly Pod[];
  /** Why the kubelet is not healthy, or undefined. */
  unhealthy(): string | undefined;
}

/** Measured on two processors: more gives no more pods in a second and makes each wait longer. */
const STARTS_PER_CPU = 2;

export function createKubelet(options: KubeletOptions): Kubelet {
  const { client, clock, logger, realProcesses, nodeName } = options;
  const runtime = realProcesses
    ? boundStarts(options.runtime, Math.max(2, options.machine.cpuCount * STARTS_PER_CPU))
    : options.runtime;
  const metrics = createKubeletMetrics(options.metrics);
  metrics.nodeName.set({ node: nodeName }, 1);
  const recorder = new EventRecorder({
    client,
    clock,
    logger,
    component: "kubelet",
    host: nodeName,
    api: "core/v1",
    metrics: options.metrics,
  });
  const events: EventSink = {
    normal: (about, reason, message) => recorder.event(about, "Normal", reason, message),
    warning: (about, reason, message) => recorder.event(about, "Warning", reason, message),
  };
  const podInformer = new Informer<Pod>({
    client,
    type: pods,
    clock,
    logger,
    fieldSelector: `spec.nodeName=${nodeName}`,
    transform: withoutManagedFields,
  });
  const serviceInformer = new Informer<Service>({
    client,
    type: services,
    clock,
    logger,
    transform: withoutManagedFields,
  });
  const statuses = new StatusManager({
    client,
    clock,
    logger,
    onSynced: (seconds) => metrics.podStatusSync.observe(seconds),
  });
  const workers = new PodWorkers({ context: () => context, logger });
  const mounter = realProcesses ? hostMounter : noMounter;
  const volumes = new VolumeManager({
    rootDir: options.rootDir,
    mounter,
    keepsSecretsInMemory: realProcesses,
    makeStamp: () => `${clock.now()}_${randomBytes(5).toString("hex")}`,
  });
  const cgroups: CgroupManager = realProcesses
    ? createCgroupManager({
        version: options.cgroups.version,
        mountPoint: "/sys/fs/cgroup",
        cgroupRoot: options.cgroups.root,
        ...(options.cgroups.podPidsMax === undefined
          ? {}
          : { podPidsMax: options.cgroups.podPidsMax }),
        logger,
      })
    : noCgroups;
  const probes = new ProbeManager({
    clock,
    logger,
    events,
    prober: realProcesses ? createContainerProber({ runtime, clock }) : simulatedProber,
    hostIp: () => options.nodeIps[0] ?? "",
    onChange: (uid) => workers.probeChanged(uid),
  });
  const runtimeWatch: RuntimeWatch = new RuntimeWatch({
    runtime,
    clock,
    logger,
    onPodChanged: (uid) => workers.runtimeChanged(uid),
    onRelist: (seconds, { readySandboxes, containers }) => {
      metrics.relistDuration.observe(seconds);
      metrics.runningPods.set(readySandboxes);
      for (const [state, count] of Object.entries(containers)) {
        metrics.runningContainers.set({ container_state: state }, count);
      }
      adoptOrphans();
    },
  });
  /** Pods of the runtime that the API does not assign to this node; only once that is known. */
  const adoptOrphans = () => {
    if (!podInformer.hasSynced) return;
    const known = new Set(podInformer.store.list().map(uidOf));
    for (const found of runtimeWatch.pods) if (!known.has(found.uid)) workers.adoptOrphan(found);
  };
  const settings: NodeSettings = {
    name: nodeName,
    labels: options.nodeLabels,
    taints: options.taints,
    isUnschedulable: false,
    addresses: [
      ...options.nodeIps.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: options.hostname },
    ],
    podsMax: options.podsMax,
    port: options.port,
    reserved: options.reserved,
    kubeletVersion: kubernetesVersion.gitVersion,
  };
  const onPodCidr = (podCidr: string) => {
    provideNetwork(options, podCidr).then(
      () => agent.look(),
      (error: unknown) => logger.error("the pod network could not be set up", { podCidr, error }),
    );
  };
  const agent: NodeAgent = new NodeAgent({
    client,
    runtime,
    clock,
    logger,
    events,
    machine: options.machine,
    settings,
    otherErrors: () => [runtimeWatch.unhealthy()].filter((problem) => problem !== undefined),
    onPodCidr,
    ...(options.nodeStatusUpdateMs === undefined ? {} : { updateMs: options.nodeStatusUpdateMs }),
    ...(options.nodeStatusReportMs === undefined ? {} : { reportMs: options.nodeStatusReportMs }),
  });
  let dns: DnsSettings = {
    clusterDns: options.clusterDns,
    clusterDomain: options.clusterDomain,
    host: { servers: [], searches: [], options: [] },
  };
  const context: PodContext = {
    runtime,
    clock,
    logger,
    events,
    metrics,
    statuses,
    probes,
    images: new ImageManager({
      runtime,
      events,
      clock,
      parallelPullsMax: options.parallelPullsMax,
      onPulled: (seconds) => metrics.imagePull.observe(seconds),
    }),
    volumes,
    mounter,
    cgroups,
    config: new ObjectWatches({
      client,
      clock,
      logger,
      onChange: (uids) => workers.configChanged(uids),
    }),
    tokens: new TokenSource({ client, clock }),
    reader: new PodRuntimeReader(runtime),
    runtimeWatch,
    hooks: createHookRunner({ runtime, clock }),
    restartBackOff: new BackOff({ initialMs: 10_000, maxMs: 300_000 }),
    podLogsDir: options.podLogsDir,
    seccompDefault: options.seccompDefault,
    seccompRoot: join(options.rootDir, "seccomp"),
    realProcesses,
    supportsRecursiveReadOnly: () => agent.handlers.some((each) => each.recursiveReadOnlyMounts),
    supportsUserNamespaces: () => false,
    node: () => ({
      hostIps: options.nodeIps,
      allocatable: agent.allocatable,
      memoryCapacityBytes: options.machine.memoryBytes,
    }),
    burstableMilliCpu: () =>
      workers
        .list()
        .filter((worker) => worker.isActive && qosClass(worker.pod) === "Burstable")
        .reduce((sum, { pod }) => sum + Number(podRequests(pod).get("cpu") ?? 0n), 0),
    runtimeHandler: (name) => runtimeHandler(client, name),
    dns: () => dns,
    services: () => serviceInformer.store.list(),
    servicesSynced: (signal) => serviceInformer.waitForSync(signal),
    networkError: () => agent.networkError,
    admit: (pod) =>
      admissionVerdict({
        pod,
        active: workers
          .list()
          .filter((worker) => worker.isActive)
          .map((worker) => worker.pod),
        allocatable: agent.allocatable,
      }),
  };
  podInformer.onChange(({ old, current }) => {
    if (current !== undefined) {
      workers.update(current);
      statuses.observe(current);
    } else if (old !== undefined) workers.removedFromApi(old);
  });

  const prepare: Runnable = {
    name: "prepare",
    async start() {
      const text = await readFile(options.resolvConf, "utf8").catch(() => "");
      dns = { ...dns, host: parseResolvConf(text) };
      await volumes.start();
      await cgroups.start(milli(agent.allocatable.cpu));
      if (options.podCidr !== undefined) await provideNetwork(options, options.podCidr);
    },
    async stop() {},
  };
  const podLoop: Runnable = {
    name: "pods",
    async start(signal) {
      await Promise.all([podInformer.start(), serviceInformer.start()]);
      await podInformer.waitForSync(signal);
      adoptOrphans();
    },
    async stop() {
      await Promise.all([podInformer.stop(), serviceInformer.stop()]);
      await workers.stop();
      probes.stop();
      await context.config.stop();
    },
  };
  const janitor = new NodeJanitor({
    context,
    workers,
    clock,
    logger,
    isSynced: () => podInformer.hasSynced,
  });

  return {
    parts: [
      prepare,
      recorder,
      runtimeWatch,
      agent,
      new NodeLease({ client, clock, logger, nodeName, node: () => agent.node }),
      { name: "statuses", start: async () => {}, stop: () => statuses.stop() },
      podLoop,
      janitor,
      ...(realProcesses
        ? [new ImageCollector({ context: { runtime }, clock, logger, events, nodeName })]
        : []),
    ],
    context,
    workers,
    agent,
    podsOfNode: () => podInformer.store.list(),
    unhealthy: () => runtimeWatch.unhealthy(),
  };
}

async function provideNetwork(options: KubeletOptions, podCidr: string): Promise<void> {
  const { cniBridge, runtime } = options;
  if (cniBridge !== undefined) {
    await writeCniBridge(cniBridge.confDir, {
      name: cniBridge.name,
      bridge: cniBridge.bridge,
      masquerade: cniBridge.masquerade,
      podCidr,
      dataDir: join(options.rootDir, "cni"),
    });
  }
  await runtime.updatePodCidr(podCidr);
}

/** Nobody on a node reads them, and they are a good part of an object's size. */
function withoutManagedFields<T extends Pod | Service>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
