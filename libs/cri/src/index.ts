export { createContainerdRuntime } from "./containerd/containerd-runtime.ts";
export {
  type ContainerdConfigOptions,
  type ContainerdPaths,
  containerdConfig,
  registryHosts,
} from "./node/containerd-config.ts";
export {
  type ContainerdProcess,
  type ContainerdProcessOptions,
  containerdPaths,
  startContainerd,
  unmountBelow,
} from "./node/containerd-process.ts";
export { type HostFacts, hostArchitecture, readHostFacts } from "./node/host-facts.ts";
export {
  type ImageContent,
  imageArchive,
  PAUSE_IMAGE,
  pauseImageArchive,
} from "./node/image-archive.ts";
export { type LoadImageOptions, loadImage } from "./node/load-image.ts";
export { type CpuArchitecture, pauseProgram } from "./node/pause-program.ts";
export { type TarEntry, tarArchive } from "./node/tar-archive.ts";
export type {
  AttachRequest,
  CallOptions,
  ContainerConfig,
  ContainerFilter,
  ContainerRuntime,
  ContainerSecurity,
  ContainerState,
  ContainerStats,
  ContainerStatus,
  ContainerSummary,
  Device,
  DnsConfig,
  ExecRequest,
  ExecResult,
  FilesystemUsage,
  Image,
  ImageService,
  LinuxResources,
  Mount,
  NamespaceMode,
  NamespaceOptions,
  PortForwardEndpoint,
  PortMapping,
  RegistryAuth,
  RuntimeCapabilities,
  RuntimeCondition,
  RuntimeErrorCode,
  RuntimeEvent,
  RuntimeHandler,
  RuntimeService,
  RuntimeStatus,
  RuntimeVersion,
  SandboxConfig,
  SandboxFilter,
  SandboxMetadata,
  SandboxSecurity,
  SandboxStatus,
  SandboxSummary,
  SecurityProfile,
  SelinuxOptions,
  SessionStreams,
  StreamEndpoint,
  TerminalSize,
} from "./runtime.ts";
export { isRuntimeError, RuntimeError } from "./runtime.ts";
export {
  EXIT_ANNOTATION_PREFIX,
  PROBE_ANNOTATION_PREFIX,
  simulatedProbeFails,
} from "./simulated/annotations.ts";
export {
  createSimulatedRuntime,
  type SimulatedRuntimeOptions,
} from "./simulated/simulated-runtime.ts";
