export { adminCredentials } from "./apiserver-ready.ts";
export type { ClusterSpec, ExtraArguments, RuntimeKind } from "./cluster-spec.ts";
export { CommandError } from "./command.ts";
export { type CommandContext, contextName } from "./command-context.ts";
export { serverUrl } from "./components.ts";
export type { ComponentStatus, SupervisorStatus } from "./control.ts";
export { type DownOptions, down } from "./down.ts";
export { kubeconfigFile } from "./kubeconfig.ts";
export { createProgress, type Progress, type ProgressOutput } from "./progress.ts";
export { type ClusterHandle, clusterStatus, clusters, findCluster, loadArchive } from "./status.ts";
export { superviseCluster } from "./supervise.ts";
export {
  type UpOptions,
  type UpResult,
  up,
  writeKubeconfig,
} from "./up.ts";
