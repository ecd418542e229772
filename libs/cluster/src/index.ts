export { adminCredentials, applyObject } from "./apiserver-ready.ts";
export {
  type ClusterConfig,
  ClusterConfigError,
  isDatabaseUrl,
  type NetworkingConfig,
  NODES_MAX,
  parseClusterConfig,
} from "./cluster-config.ts";
export type {
  ClusterSpec,
  ExtraArguments,
  NodeSettings,
  Replicas,
  RuntimeKind,
} from "./cluster-spec.ts";
export { checkClusterName, isTaint, noExtraArguments, REPLICAS_MAX } from "./cluster-spec.ts";
export { CommandError } from "./command.ts";
export { type CommandContext, contextName } from "./command-context.ts";
export { serverUrl } from "./components.ts";
export type { ComponentStatus, SupervisorStatus } from "./control.ts";
export { type DeploymentFilesOptions, writeDeploymentFiles } from "./deployment-files.ts";
export { deploymentObjects } from "./deployment-objects.ts";
export { diagnose, type Examined, examineMachine, type Finding } from "./doctor.ts";
export { type DownOptions, down } from "./down.ts";
export { guardCluster } from "./guard.ts";
export { type ClusterReport, type ComponentReport, inspectCluster } from "./inspect.ts";
export { kubeconfigFile } from "./kubeconfig.ts";
export { chooseLog, logNames, readLog } from "./logs.ts";
export { type Environment, ownCommand } from "./machine.ts";
export {
  type AddNodesOptions,
  addNodes,
  type NodesResult,
  type RemoveNodesOptions,
  removeNodes,
} from "./nodes.ts";
export { plainMessage, plainReason } from "./plain-message.ts";
export {
  type PrepareNodeOptions,
  prepareNode,
  prepareNodeContainerd,
  type RunRoutesOptions,
  runRoutes,
} from "./prepare-node.ts";
export { createProgress, type Progress, type ProgressOutput } from "./progress.ts";
export { type RestartOptions, restartComponents } from "./restart.ts";
export { type RunBalancerOptions, runBalancer } from "./run-balancer.ts";
export { type ClusterHandle, clusterStatus, clusters, findCluster, loadArchive } from "./status.ts";
export { stop } from "./stop.ts";
export { bundleOf, superviseCluster } from "./supervise.ts";
export {
  InterruptedError,
  type UpOptions,
  type UpResult,
  up,
  writeKubeconfig,
} from "./up.ts";
