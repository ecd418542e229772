export {
  reviewLocalSubjectAccess,
  reviewSelfAccess,
  reviewSelfRules,
  reviewSubjectAccess,
} from "./access-reviews.ts";
export type { Attributes, Authorizer, Decision } from "./authorizer.ts";
export {
  alwaysAllowAuthorizer,
  alwaysDenyAuthorizer,
  createAuthorizerUnion,
  mastersAuthorizer,
} from "./authorizer-union.ts";
export {
  createNodeAuthorizer,
  NodeAuthorizer,
  type NodeAuthorizerCaches,
} from "./node/node-authorizer.ts";
export { NodeGraph } from "./node/node-graph.ts";
export { type PodReferenceKind, visitPodReferences } from "./pod-references.ts";
export { aggregateRules } from "./rbac/aggregation.ts";
export {
  AUTOUPDATE_ANNOTATION,
  type BootstrapPolicy,
  bootstrapPolicy,
  nodeRules,
} from "./rbac/bootstrap-policy.ts";
export {
  type BindingWrite,
  type PolicyWriteOptions,
  PolicyWrites,
  type RoleWrite,
} from "./rbac/policy-writes.ts";
export { createRbacAuthorizer, RbacAuthorizer, type RbacCaches } from "./rbac/rbac-authorizer.ts";
export { type RbacBinding, RbacIndex, type RbacRole } from "./rbac/rbac-index.ts";
export { type PolicyStep, planBinding, planRole } from "./rbac/reconcile-policy.ts";
export {
  createRuleResolverUnion,
  type NonResourceRule,
  type ResolvedRules,
  type ResourceRule,
  type RuleResolver,
} from "./rule-resolver.ts";
