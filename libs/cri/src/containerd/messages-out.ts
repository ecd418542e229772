/** Our values as CRI messages. */
import {
  AuthConfig,
  ContainerConfig as CriContainerConfig,
  LinuxContainerResources as CriLinuxResources,
  Mount as CriMount,
  NamespaceMode as CriNamespaceMode,
  PodSandboxConfig as CriSandboxConfig,
  type SecurityProfile as CriSecurityProfile,
  MountPropagation,
  NamespaceOption,
  Protocol,
  SecurityProfile_ProfileType,
  Signal,
  SupplementalGroupsPolicy,
} from "../gen/api.ts";
import type {
  ContainerConfig,
  LinuxResources,
  Mount,
  NamespaceMode,
  NamespaceOptions,
  RegistryAuth,
  SandboxConfig,
  SecurityProfile,
} from "../runtime.ts";

export function sandboxConfigMessage(config: SandboxConfig): CriSandboxConfig {
  const { security } = config;
  return CriSandboxConfig.fromPartial({
    metadata: config.metadata,
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    ...(config.dns === undefined
      ? {}
      : {
          dnsConfig: {
            servers: [...config.dns.servers],
            searches: [...config.dns.searches],
            options: [...config.dns.options],
          },
        }),
    portMappings: config.portMappings.map((mapping) => ({
      protocol: Protocol[mapping.protocol],
      containerPort: mapping.containerPort,
      hostPort: mapping.hostPort,
      hostIp: mapping.hostIp,
    })),
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    linux: {
      cgroupParent: config.cgroupParent,
      sysctls: { ...config.sysctls },
      securityContext: {
        namespaceOptions: namespaceMessage(security.namespaces),
        ...int64("runAsUser", security.runAsUser),
        ...int64("runAsGroup", security.runAsGroup),
        supplementalGroups: security.supplementalGroups.map(BigInt),
        supplementalGroupsPolicy:
          SupplementalGroupsPolicy[security.supplementalGroupsPolicy ?? "Merge"],
        privileged: security.privileged,
        seccomp: profileMessage(security.seccomp),
        ...(security.selinux === undefined ? {} : { selinuxOptions: security.selinux }),
      },
    },
  });
}

export function containerConfigMessage(config: ContainerConfig): CriContainerConfig {
  const { security } = config;
  return CriContainerConfig.fromPartial({
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.image, userSpecifiedImage: config.userSpecifiedImage },
    command: [...config.command],
    args: [...config.args],
    workingDir: config.workingDir,
    envs: config.env.map(({ name, value }) => ({ key: name, value: Buffer.from(value) })),
    mounts: config.mounts.map(mountMessage),
    devices: config.devices.map((device) => ({ ...device })),
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    stopSignal: signalOf(config.stopSignal),
    linux: {
      resources: resourcesMessage(config.resources),
      securityContext: {
        namespaceOptions: namespaceMessage(security.namespaces),
        privileged: security.privileged,
        capabilities: {
          addCapabilities: [...security.addCapabilities],
          dropCapabilities: [...security.dropCapabilities],
        },
        ...int64("runAsUser", security.runAsUser),
        ...int64("runAsGroup", security.runAsGroup),
        runAsUsername: security.runAsUsername ?? "",
        readonlyRootfs: security.readonlyRootfs,
        supplementalGroups: security.supplementalGroups.map(BigInt),
        supplementalGroupsPolicy:
          SupplementalGroupsPolicy[security.supplementalGroupsPolicy ?? "Merge"],
        noNewPrivs: security.noNewPrivileges,
        maskedPaths: [...security.maskedPaths],
        readonlyPaths: [...security.readonlyPaths],
        seccomp: profileMessage(security.seccomp),
        ...(security.apparmor === undefined ? {} : { apparmor: profileMessage(security.apparmor) }),
        ...(security.selinux === undefined ? {} : { selinuxOptions: security.selinux }),
      },
    },
  });
}

export function resourcesMessage(resources: LinuxResources): CriLinuxResources {
  return CriLinuxResources.fromPartial({
    cpuPeriod: BigInt(resources.cpuPeriod),
    cpuQuota: BigInt(resources.cpuQuota),
    cpuShares: BigInt(resources.cpuShares),
    memoryLimitInBytes: BigInt(resources.memoryLimitBytes),
    oomScoreAdj: BigInt(resources.oomScoreAdj),
    cpusetCpus: resources.cpusetCpus,
    cpusetMems: resources.cpusetMems,
    unified: { ...resources.unified },
  });
}

export function authMessage(auth: RegistryAuth): AuthConfig {
  return AuthConfig.fromPartial({ ...auth });
}

const NAMESPACE_MODES: Readonly<Record<NamespaceMode, CriNamespaceMode>> = {
  pod: CriNamespaceMode.POD,
  container: CriNamespaceMode.CONTAINER,
  node: CriNamespaceMode.NODE,
  target: CriNamespaceMode.TARGET,
};

const PROPAGATIONS: Readonly<Record<Mount["propagation"], MountPropagation>> = {
  private: MountPropagation.PROPAGATION_PRIVATE,
  hostToContainer: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
};

function namespaceMessage(options: NamespaceOptions): NamespaceOption {
  return NamespaceOption.fromPartial({
    network: NAMESPACE_MODES[options.network],
    pid: NAMESPACE_MODES[options.pid],
    ipc: NAMESPACE_MODES[options.ipc],
    targetId: options.targetId ?? "",
  });
}

function profileMessage(profile: SecurityProfile): CriSecurityProfile {
  return {
    profileType: SecurityProfile_ProfileType[profile.type],
    localhostRef: profile.localhostRef ?? "",
  };
}

function mountMessage(mount: Mount): CriMount {
  return CriMount.fromPartial({
    containerPath: mount.containerPath,
    hostPath: mount.hostPath,
    readonly: mount.readonly,
    recursiveReadOnly: mount.recursiveReadOnly,
    propagation: PROPAGATIONS[mount.propagation],
    selinuxRelabel: mount.selinuxRelabel,
  });
}

function int64<K extends string>(key: K, value: number | undefined) {
  return value === undefined ? {} : { [key]: { value: BigInt(value) } };
}

function signalOf(name: string | undefined): Signal {
  if (name === undefined) return Signal.RUNTIME_DEFAULT;
  const known: Readonly<Record<string, Signal>> = Signal;
  return known[name.replace("+", "PLUS").replace("-", "MINUS")] ?? Signal.RUNTIME_DEFAULT;
}
