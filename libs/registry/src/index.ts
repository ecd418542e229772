export {
  type ApiserverEndpointsOptions,
  createApiserverEndpoints,
} from "./bootstrap/apiserver-endpoints.ts";
export { type ClaimRepairOptions, createClaimRepair } from "./bootstrap/claim-repair.ts";
export { type EnsureClusterOptions, ensureCluster } from "./bootstrap/ensure-cluster.ts";
export { type EnsureContext, enforceObject, ensureObject } from "./bootstrap/ensure-object.ts";
export { createEventSweeper, type EventSweeperOptions } from "./bootstrap/event-sweeper.ts";
export type { ApiserverAddress } from "./bootstrap/kubernetes-service.ts";
export { systemScope } from "./bootstrap/system-scope.ts";
export { createRegistry } from "./create-registry.ts";
export { propagationCauses, propagationPolicies } from "./generic/delete-option-causes.ts";
export type { Randomness } from "./randomness.ts";
export type { RegistryOptions } from "./registry-options.ts";
export type { PolicyGuard } from "./resources/rbac.ts";
export type {
  DeleteOptions,
  DeleteResult,
  ListPage,
  ReadOptions,
  Registry,
  RequestScope,
  ResourceStore,
  SubresourceHandler,
  TableColumn,
  TableConvertor,
  Transform,
  UpdateOptions,
  VirtualResource,
} from "./store.ts";
export type { ServiceAccountTokens } from "./subresources/service-account-token.ts";
export { systemRandomness } from "./system-randomness.ts";
export { humanDuration } from "./tables/human-duration.ts";
export type { ReviewOptions } from "./virtual/reviews.ts";
