/** CRI messages as our values. */
import type {
  Container as CriContainer,
  ContainerStats as CriContainerStats,
  ContainerStatus as CriContainerStatus,
  FilesystemUsage as CriFilesystemUsage,
  Image as CriImage,
  LinuxContainerResources as CriLinuxResources,
  Mount as CriMount,
  PodSandbox as CriSandbox,
  PodSandboxMetadata as CriSandboxMetadata,
  PodSandboxStatus as CriSandboxStatus,
  UInt64Value,
} from "../gen/api.ts";
import {
  ContainerState as CriContainerState,
  NamespaceMode as CriNamespaceMode,
  MountPropagation,
  PodSandboxState,
} from "../gen/api.ts";
import type {
  ContainerState,
  ContainerStats,
  ContainerStatus,
  ContainerSummary,
  FilesystemUsage,
  Image,
  LinuxResources,
  Mount,
  NamespaceMode,
  SandboxMetadata,
  SandboxStatus,
  SandboxSummary,
} from "../runtime.ts";

export function sandboxSummary(sandbox: CriSandbox): SandboxSummary {
  return {
    id: sandbox.id,
    metadata: metadata(sandbox.metadata),
    ready: sandbox.state === PodSandboxState.SANDBOX_READY,
    createdAtMs: milliseconds(sandbox.createdAt),
    labels: sandbox.labels,
    annotations: sandbox.annotations,
  };
}

export function sandboxStatus(status: CriSandboxStatus): SandboxStatus {
  const primary = status.network?.ip ?? "";
  const more = status.network?.additionalIps ?? [];
  return {
    id: status.id,
    metadata: metadata(status.metadata),
    ready: status.state === PodSandboxState.SANDBOX_READY,
    createdAtMs: milliseconds(status.createdAt),
    labels: status.labels,
    annotations: status.annotations,
    network: namespaceMode(status.linux?.namespaces?.options?.network),
    ips: [primary, ...more.map(({ ip }) => ip)].filter((ip) => ip !== ""),
  };
}

export function containerSummary(container: CriContainer): ContainerSummary {
  return {
    id: container.id,
    sandboxId: container.podSandboxId,
    name: container.metadata?.name ?? "",
    attempt: container.metadata?.attempt ?? 0,
    image: container.image?.image ?? "",
    imageRef: container.imageRef,
    state: containerState(container.state),
    createdAtMs: milliseconds(container.createdAt),
    labels: container.labels,
    annotations: container.annotations,
  };
}

export function containerStatus(status: CriContainerStatus): ContainerStatus {
  const user = status.user?.linux;
  const resources = status.resources?.linux;
  return {
    id: status.id,
    name: status.metadata?.name ?? "",
    attempt: status.metadata?.attempt ?? 0,
    image: status.image?.image ?? "",
    imageRef: status.imageRef,
    imageId: status.imageId,
    state: containerState(status.state),
    createdAtMs: milliseconds(status.createdAt),
    startedAtMs: milliseconds(status.startedAt),
    finishedAtMs: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    labels: status.labels,
    annotations: status.annotations,
    mounts: status.mounts.map(mount),
    logPath: status.logPath,
    ...(resources === undefined ? {} : { resources: linuxResources(resources) }),
    ...(user === undefined
      ? {}
      : {
          user: {
            uid: Number(user.uid),
            gid: Number(user.gid),
            supplementalGroups: user.supplementalGroups.map(Number),
          },
        }),
  };
}

export function imageValue(image: CriImage): Image {
  return {
    id: image.id,
    repoTags: image.repoTags,
    repoDigests: image.repoDigests,
    sizeBytes: Number(image.size),
    ...(image.uid === undefined ? {} : { uid: Number(image.uid.value) }),
    username: image.username,
    pinned: image.pinned,
  };
}

export function containerStats(stats: CriContainerStats): ContainerStats {
  return {
    containerId: stats.attributes?.id ?? "",
    labels: stats.attributes?.labels ?? {},
    timestampMs: milliseconds(stats.cpu?.timestamp ?? stats.memory?.timestamp ?? 0n),
    cpuUsageNanoSeconds: uint64(stats.cpu?.usageCoreNanoSeconds),
    cpuUsageNanoCores: uint64(stats.cpu?.usageNanoCores),
    memoryWorkingSetBytes: uint64(stats.memory?.workingSetBytes),
    memoryUsageBytes: uint64(stats.memory?.usageBytes),
    memoryRssBytes: uint64(stats.memory?.rssBytes),
    pageFaults: uint64(stats.memory?.pageFaults),
    majorPageFaults: uint64(stats.memory?.majorPageFaults),
    writableLayerBytes: uint64(stats.writableLayer?.usedBytes),
    writableLayerInodes: uint64(stats.writableLayer?.inodesUsed),
  };
}

export function filesystemUsage(usage: CriFilesystemUsage): FilesystemUsage {
  return {
    mountpoint: usage.fsId?.mountpoint ?? "",
    usedBytes: uint64(usage.usedBytes),
    inodesUsed: uint64(usage.inodesUsed),
  };
}

function linuxResources(resources: CriLinuxResources): LinuxResources {
  return {
    cpuPeriod: Number(resources.cpuPeriod),
    cpuQuota: Number(resources.cpuQuota),
    cpuShares: Number(resources.cpuShares),
    memoryLimitBytes: Number(resources.memoryLimitInBytes),
    oomScoreAdj: Number(resources.oomScoreAdj),
    cpusetCpus: resources.cpusetCpus,
    cpusetMems: resources.cpusetMems,
    unified: resources.unified,
  };
}

function metadata(value: CriSandboxMetadata | undefined): SandboxMetadata {
  return {
    name: value?.name ?? "",
    namespace: value?.namespace ?? "",
    uid: value?.uid ?? "",
    attempt: value?.attempt ?? 0,
  };
}

function mount(value: CriMount): Mount {
  return {
    containerPath: value.containerPath,
    hostPath: value.hostPath,
    readonly: value.readonly,
    recursiveReadOnly: value.recursiveReadOnly,
    propagation:
      value.propagation === MountPropagation.PROPAGATION_BIDIRECTIONAL
        ? "bidirectional"
        : value.propagation === MountPropagation.PROPAGATION_HOST_TO_CONTAINER
          ? "hostToContainer"
          : "private",
    selinuxRelabel: value.selinuxRelabel,
  };
}

const CONTAINER_STATES: ReadonlyMap<number, ContainerState> = new Map<number, ContainerState>([
  [CriContainerState.CONTAINER_CREATED, "created"],
  [CriContainerState.CONTAINER_RUNNING, "running"],
  [CriContainerState.CONTAINER_EXITED, "exited"],
]);

function containerState(state: CriContainerState): ContainerState {
  return CONTAINER_STATES.get(state) ?? "unknown";
}

const NAMESPACE_MODES: ReadonlyMap<number, NamespaceMode> = new Map<number, NamespaceMode>([
  [CriNamespaceMode.CONTAINER, "container"],
  [CriNamespaceMode.NODE, "node"],
  [CriNamespaceMode.TARGET, "target"],
]);

function namespaceMode(mode: CriNamespaceMode | undefined): NamespaceMode {
  return NAMESPACE_MODES.get(mode ?? CriNamespaceMode.POD) ?? "pod";
}

/** CRI's times are nanoseconds; milliseconds with a fraction hold them to the microsecond. */
function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1000;
}

function uint64(value: UInt64Value | undefined): number {
  return value === undefined ? 0 : Number(value.value);
}
