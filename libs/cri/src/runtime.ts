/**
 * The runtime port: all that a kubelet asks of a container runtime, in our own words and with plain
 * numbers. Two adapters implement it: containerd over CRI v1, and a simulated runtime in memory. Both pass
 * the suite in `testing/runtime-suite.ts`.
 *
 * Guarantees: stopping and removing are idempotent (an id that is not known is success); `imageStatus` of
 * an image that is not there is undefined, not an error; every refusal is a RuntimeError.
 */
import type { Duplex, Readable, Writable } from "node:stream";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface RuntimeVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}

export interface RuntimeCondition {
  /** "RuntimeReady" or "NetworkReady". */
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface RuntimeHandler {
  readonly name: string;
  readonly recursiveReadOnlyMounts: boolean;
  readonly userNamespaces: boolean;
}

export interface RuntimeStatus {
  readonly conditions: readonly RuntimeCondition[];
  readonly handlers: readonly RuntimeHandler[];
}

/** What this runtime can do beyond the calls every runtime has. */
export interface RuntimeCapabilities {
  /** `events` delivers something; without it the caller has to list. */
  readonly events: boolean;
  /** The driver that the runtime itself uses, where it says so (containerd 2 and newer). */
  readonly cgroupDriver?: "cgroupfs" | "systemd";
  /** Pods are real processes: cgroups, mounts and files matter. */
  readonly realProcesses: boolean;
}

export type NamespaceMode = "pod" | "container" | "node" | "target";

export interface NamespaceOptions {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  /** With pid "target": the container whose namespace is joined. */
  readonly targetId?: string;
}

export interface SecurityProfile {
  readonly type: "RuntimeDefault" | "Unconfined" | "Localhost";
  readonly localhostRef?: string;
}

export interface SelinuxOptions {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface PortMapping {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
}

export interface SandboxMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

export interface SandboxSecurity {
  readonly namespaces: NamespaceOptions;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy?: "Merge" | "Strict";
  readonly privileged: boolean;
  readonly seccomp: SecurityProfile;
  readonly selinux?: SelinuxOptions;
}

export interface SandboxConfig {
  readonly metadata: SandboxMetadata;
  /** Empty for pods in the node's network. */
  readonly hostname: string;
  readonly logDirectory: string;
  readonly dns?: DnsConfig;
  readonly portMappings: readonly PortMapping[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly security: SandboxSecurity;
}

export interface SandboxSummary {
  readonly id: string;
  readonly metadata: SandboxMetadata;
  readonly ready: boolean;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface SandboxStatus extends SandboxSummary {
  readonly network: NamespaceMode;
  /** Primary first; empty for pods in the node's network. */
  readonly ips: readonly string[];
}

/** Zero and empty mean: leave it to the runtime. */
export interface LinuxResources {
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  readonly cpuShares: number;
  readonly memoryLimitBytes: number;
  readonly oomScoreAdj: number;
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  readonly unified: Readonly<Record<string, string>>;
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly recursiveReadOnly: boolean;
  readonly propagation: "private" | "hostToContainer" | "bidirectional";
  readonly selinuxRelabel: boolean;
}

export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly permissions: string;
}

export interface ContainerSecurity {
  readonly namespaces: NamespaceOptions;
  readonly privileged: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsUsername?: string;
  readonly readonlyRootfs: boolean;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy?: "Merge" | "Strict";
  readonly noNewPrivileges: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly seccomp: SecurityProfile;
  readonly apparmor?: SecurityProfile;
  readonly selinux?: SelinuxOptions;
}

export interface ContainerConfig {
  readonly name: string;
  readonly attempt: number;
  /** What the runtime is asked to run: an image reference that `imageStatus` or `pullImage` gave. */
  readonly image: string;
  /** The name that stands in the pod. */
  readonly userSpecifiedImage: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Relative to the sandbox's log directory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: LinuxResources;
  readonly security: ContainerSecurity;
  /** "SIGTERM" and the like; the image's own where absent. */
  readonly stopSignal?: string;
}

export type ContainerState = "created" | "running" | "exited" | "unknown";

export interface ContainerSummary {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ContainerStatus extends Omit<ContainerSummary, "sandboxId"> {
  /** 0 before it started or ended. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly imageId: string;
  readonly mounts: readonly Mount[];
  readonly logPath: string;
  /** What the runtime enforces now, where it says so. */
  readonly resources?: LinuxResources;
  readonly user?: {
    readonly uid: number;
    readonly gid: number;
    readonly supplementalGroups: readonly number[];
  };
}

export interface ExecResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly exitCode: number;
}

export interface ContainerStats {
  readonly containerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  readonly cpuUsageNanoSeconds: number;
  readonly cpuUsageNanoCores: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryUsageBytes: number;
  readonly memoryRssBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
  readonly writableLayerBytes: number;
  readonly writableLayerInodes: number;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** The user the image runs as: a number, or a name that is not resolved. */
  readonly uid?: number;
  readonly username: string;
  readonly pinned: boolean;
}

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  /** base64 of "user:password". */
  readonly auth: string;
  readonly serverAddress: string;
  readonly identityToken: string;
  readonly registryToken: string;
}

export interface FilesystemUsage {
  readonly mountpoint: string;
  readonly usedBytes: number;
  readonly inodesUsed: number;
}

/** Something happened; what is true now has to be read. `id` is a container's or a sandbox's. */
export interface RuntimeEvent {
  readonly type: "created" | "started" | "exited" | "deleted" | "oom";
  readonly id: string;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The ends of a session that a runtime of our own process serves. */
export interface SessionStreams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly resizes: AsyncIterable<TerminalSize>;
  readonly signal: AbortSignal;
}

/**
 * Where a stream is served: at a URL of the runtime, to which an upgrade request is passed on byte for
 * byte, or by a function in this process.
 */
export type StreamEndpoint =
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "session";
      /** Resolves with the exit code when the command ends. */
      readonly run: (streams: SessionStreams) => Promise<number>;
    };

export type PortForwardEndpoint =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "session"; readonly connect: (port: number) => Promise<Duplex> };

export interface ExecRequest {
  readonly containerId: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export type AttachRequest = Omit<ExecRequest, "command">;

export interface SandboxFilter {
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ContainerFilter {
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RuntimeService {
  version(options?: CallOptions): Promise<RuntimeVersion>;
  status(options?: CallOptions): Promise<RuntimeStatus>;
  capabilities(options?: CallOptions): Promise<RuntimeCapabilities>;
  updatePodCidr(podCidr: string, options?: CallOptions): Promise<void>;

  runSandbox(config: SandboxConfig, runtimeHandler: string, options?: CallOptions): Promise<string>;
  stopSandbox(id: string, options?: CallOptions): Promise<void>;
  removeSandbox(id: string, options?: CallOptions): Promise<void>;
  /** Throws RuntimeError notFound. */
  sandboxStatus(id: string, options?: CallOptions): Promise<SandboxStatus>;
  listSandboxes(filter?: SandboxFilter, options?: CallOptions): Promise<SandboxSummary[]>;

  createContainer(
    sandboxId: string,
    config: ContainerConfig,
    sandbox: SandboxConfig,
    options?: CallOptions,
  ): Promise<string>;
  startContainer(id: string, options?: CallOptions): Promise<void>;
  /** Sends the stop signal, then kills after `timeoutSeconds`. Resolves when it has ended. */
  stopContainer(id: string, timeoutSeconds: number, options?: CallOptions): Promise<void>;
  removeContainer(id: string, options?: CallOptions): Promise<void>;
  listContainers(filter?: ContainerFilter, options?: CallOptions): Promise<ContainerSummary[]>;
  /** Throws RuntimeError notFound. */
  containerStatus(id: string, options?: CallOptions): Promise<ContainerStatus>;
  updateContainerResources(
    id: string,
    resources: LinuxResources,
    options?: CallOptions,
  ): Promise<void>;
  reopenContainerLog(id: string, options?: CallOptions): Promise<void>;
  /** Throws RuntimeError deadlineExceeded after `timeoutSeconds` (0: no limit). */
  execSync(
    id: string,
    command: readonly string[],
    timeoutSeconds: number,
    options?: CallOptions,
  ): Promise<ExecResult>;
  containerStats(filter?: ContainerFilter, options?: CallOptions): Promise<ContainerStats[]>;

  exec(request: ExecRequest, options?: CallOptions): Promise<StreamEndpoint>;
  attach(request: AttachRequest, options?: CallOptions): Promise<StreamEndpoint>;
  portForward(
    sandboxId: string,
    ports: readonly number[],
    options?: CallOptions,
  ): Promise<PortForwardEndpoint>;

  /** Ends by throwing when the connection breaks; some events may then have been missed. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
}

export interface ImageService {
  listImages(options?: CallOptions): Promise<Image[]>;
  imageStatus(image: string, options?: CallOptions): Promise<Image | undefined>;
  /** Resolves with the reference to give to `createContainer`. */
  pullImage(
    image: string,
    auth: RegistryAuth | undefined,
    sandbox: SandboxConfig | undefined,
    options?: CallOptions,
  ): Promise<string>;
  removeImage(image: string, options?: CallOptions): Promise<void>;
  imageFilesystems(options?: CallOptions): Promise<FilesystemUsage[]>;
}

export interface ContainerRuntime extends RuntimeService, ImageService {
  /** The scheme of container ids in pod statuses: "containerd". */
  readonly name: string;
  close(): Promise<void>;
}

export type RuntimeErrorCode =
  | "notFound"
  | "alreadyExists"
  | "invalidArgument"
  | "failedPrecondition"
  | "deadlineExceeded"
  | "unavailable"
  | "unimplemented"
  | "cancelled"
  | "permissionDenied"
  | "unknown";

/** `message` is the runtime's own text, as it goes into events and statuses. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;
  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimeError";
    this.code = code;
  }
  /** The text Go's gRPC client gives, which is what users know from events. */
  get rpcText(): string {
    return `rpc error: code = ${GO_CODE_NAMES[this.code]} desc = ${this.message}`;
  }
}

export function isRuntimeError(error: unknown, code?: RuntimeErrorCode): error is RuntimeError {
  return error instanceof RuntimeError && (code === undefined || error.code === code);
}

const GO_CODE_NAMES: Readonly<Record<RuntimeErrorCode, string>> = {
  notFound: "NotFound",
  alreadyExists: "AlreadyExists",
  invalidArgument: "InvalidArgument",
  failedPrecondition: "FailedPrecondition",
  deadlineExceeded: "DeadlineExceeded",
  unavailable: "Unavailable",
  unimplemented: "Unimplemented",
  cancelled: "Canceled",
  permissionDenied: "PermissionDenied",
  unknown: "Unknown",
};
