export { type BackoffOptions, backoffMs } from "./backoff.ts";
export type {
  Client,
  DeleteOptions,
  Fence,
  GetOptions,
  ListOptions,
  ListResult,
  PatchType,
  Reader,
  ResourceType,
  WatchEvent,
  WatchOptions,
  WriteOptions,
  Writer,
} from "./client.ts";
export { ClientError } from "./client.ts";
export { Expectations } from "./controller/expectations.ts";
export {
  type ControllerOptions,
  controllerRunnable,
  DONE,
  type Reconcile,
  type ReconcileResult,
  runController,
} from "./controller/run-controller.ts";
export {
  type AccessQuestion,
  DelegatedAccess,
  type DelegatedAccessOptions,
} from "./delegated-access.ts";
export {
  type EventDetails,
  EventRecorder,
  type EventRecorderOptions,
  type EventSource,
} from "./events/event-recorder.ts";
export {
  connectByFlags,
  connectionFlags,
  kubeconfigFlags,
} from "./flags/connection-flags.ts";
export { leaderElectionFlags, leaderElectionOf } from "./flags/leader-election-flags.ts";
export { createGrpcClient, type GrpcClientOptions } from "./grpc/create-grpc-client.ts";
export type { TlsOptions } from "./http2/tls-options.ts";
export {
  type ChangeHandler,
  Informer,
  type InformerOptions,
  type InformerRunnable,
} from "./informer/informer.ts";
export type { ListWatchState } from "./informer/list-watch-state.ts";
export {
  type Change,
  type IndexFunction,
  Store,
  type StoreReader,
} from "./informer/store.ts";
export { type ClientConfig, KubeconfigError, loadKubeconfig } from "./kubeconfig.ts";
export { fencedClient } from "./leader/fenced-client.ts";
export { type Lead, LeaderElector, type LeaderElectorOptions } from "./leader/leader-elector.ts";
export { objectKey, splitObjectKey } from "./object-key.ts";
export { KeyedHeap } from "./queue/keyed-heap.ts";
export { rateLimitedClient } from "./queue/rate-limited-client.ts";
export {
  createRateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
} from "./queue/rate-limiter.ts";
export { TokenBucket } from "./queue/token-bucket.ts";
export { WorkQueue, type WorkQueueMetrics, type WorkQueueOptions } from "./queue/work-queue.ts";
export { createWorkQueueMetrics } from "./queue/work-queue-metrics.ts";
export { resourceType, resourceTypeOf } from "./resource-type.ts";
export {
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  controllerRevisions,
  coreEvents,
  cronJobs,
  csiNodes,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  jobs,
  leases,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  priorityClasses,
  replicaSets,
  replicationControllers,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
  storageClasses,
  subjectAccessReviews,
  tokenReviews,
} from "./resources.ts";
export { createRestClient, type RestClientOptions } from "./rest/create-rest-client.ts";
