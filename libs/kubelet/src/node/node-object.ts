/**
 * The Node object that a kubelet makes and keeps.
 *
 * Upstream: pkg/kubelet/kubelet_node_status.go initialNode, pkg/kubelet/nodestatus/setters.go @1.36
 */
import { formatTime, quantityFromMilli, quantityFromValue } from "@kubets/api";
import type {
  ContainerImage,
  Node,
  NodeAddress,
  NodeCondition,
  NodeStatus,
  Taint,
} from "@kubets/api/core/v1";
import { bytes, milli } from "../container/linux-resources.ts";
import type { Machine } from "./machine.ts";

export interface NodeSettings {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly isUnschedulable: boolean;
  readonly addresses: readonly NodeAddress[];
  readonly podsMax: number;
  readonly port: number;
  /** What pods may not use. Quantities. */
  readonly reserved: Readonly<Record<string, string>>;
  readonly kubeletVersion: string;
}

export interface NodeFindings {
  readonly machine: Machine;
  readonly settings: NodeSettings;
  /** "containerd://1.6.20". */
  readonly runtimeVersion: string;
  readonly runtimeHandlers: readonly {
    readonly name: string;
    readonly recursiveReadOnlyMounts: boolean;
    readonly userNamespaces: boolean;
  }[];
  readonly images: readonly ContainerImage[];
  /** Why the node is not ready; none when it is. */
  readonly errors: readonly string[];
  readonly nowMs: number;
}

export function capacityOf(machine: Machine, settings: NodeSettings): Record<string, string> {
  return {
    cpu: quantityFromMilli(BigInt(machine.cpuCount * 1000)),
    "ephemeral-storage": quantityFromValue(BigInt(machine.diskBytes), "BinarySI"),
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: quantityFromValue(BigInt(machine.memoryBytes), "BinarySI"),
    pods: String(settings.podsMax),
  };
}

/** Hard eviction thresholds of upstream: 100 MiB of memory and a tenth of the disk are not given to pods. */
const EVICTION_MEMORY_BYTES = 100 * 1024 * 1024;
const EVICTION_DISK_FRACTION = 0.1;

export function allocatableOf(machine: Machine, settings: NodeSettings): Record<string, string> {
  const reservedMilli = milli(settings.reserved.cpu);
  const reservedBytes = bytes(settings.reserved.memory);
  const memory = Math.max(0, machine.memoryBytes - EVICTION_MEMORY_BYTES - reservedBytes);
  const disk = Math.floor(machine.diskBytes * (1 - EVICTION_DISK_FRACTION));
  return {
    ...capacityOf(machine, settings),
    cpu: quantityFromMilli(BigInt(Math.max(0, machine.cpuCount * 1000 - reservedMilli))),
    "ephemeral-storage": String(disk),
    memory: quantityFromValue(BigInt(memory), "BinarySI"),
  };
}

export function initialNode(findings: NodeFindings): Node {
  const { settings, machine } = findings;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: settings.name,
      labels: nodeLabels(machine, settings),
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {
      ...(settings.taints.length === 0 ? {} : { taints: [...settings.taints] }),
      ...(settings.isUnschedulable ? { unschedulable: true } : {}),
    },
    status: nodeStatus(findings, undefined),
  };
}

export function nodeLabels(machine: Machine, settings: NodeSettings): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": machine.architecture,
    "beta.kubernetes.io/os": machine.operatingSystem,
    "kubernetes.io/arch": machine.architecture,
    "kubernetes.io/hostname": hostnameOf(settings),
    "kubernetes.io/os": machine.operatingSystem,
    ...settings.labels,
  };
}

function hostnameOf(settings: NodeSettings): string {
  return settings.addresses.find(({ type }) => type === "Hostname")?.address ?? settings.name;
}

/**
 * What apiservers need to know of this kubelet: WebSockets of commands and ports are passed on to it as they are.
 * Upstream: staging/src/k8s.io/component-helpers/nodedeclaredfeatures @1.36
 */
const DECLARED_FEATURES = ["ExtendWebSocketsToKubelet"];

export function nodeStatus(findings: NodeFindings, old: NodeStatus | undefined): NodeStatus {
  const { machine, settings } = findings;
  return {
    capacity: capacityOf(machine, settings),
    allocatable: allocatableOf(machine, settings),
    conditions: nodeConditions(findings, old?.conditions ?? []),
    addresses: [...settings.addresses],
    daemonEndpoints: { kubeletEndpoint: { Port: settings.port } },
    declaredFeatures: [...DECLARED_FEATURES],
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: findings.runtimeVersion,
      kubeletVersion: settings.kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: machine.operatingSystem,
      architecture: machine.architecture,
    },
    ...(findings.images.length === 0 ? {} : { images: [...findings.images] }),
    ...(findings.runtimeHandlers.length === 0
      ? {}
      : {
          runtimeHandlers: findings.runtimeHandlers.map((handler) => ({
            name: handler.name,
            features: {
              recursiveReadOnlyMounts: handler.recursiveReadOnlyMounts,
              userNamespaces: handler.userNamespaces,
            },
          })),
        }),
  };
}

function nodeConditions(findings: NodeFindings, old: readonly NodeCondition[]): NodeCondition[] {
  const now = formatTime(findings.nowMs);
  const [problem] = findings.errors;
  const own = [
    healthy(
      "MemoryPressure",
      "KubeletHasSufficientMemory",
      "kubelet has sufficient memory available",
    ),
    healthy("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    healthy("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    problem === undefined
      ? {
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          message: "kubelet is posting ready status",
        }
      : {
          type: "Ready",
          status: "False",
          reason: "KubeletNotReady",
          message: findings.errors.length === 1 ? problem : `[${findings.errors.join(", ")}]`,
        },
  ].map((condition): NodeCondition => {
    const before = old.find(({ type }) => type === condition.type);
    const kept = before?.status === condition.status ? before.lastTransitionTime : undefined;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime: kept ?? now };
  });
  const types = new Set(own.map(({ type }) => type));
  return [...old.filter(({ type }) => !types.has(type)), ...own];
}

function healthy(type: string, reason: string, message: string) {
  return { type, status: "False", reason, message };
}
