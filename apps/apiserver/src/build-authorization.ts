import {
  type Authorizer,
  alwaysAllowAuthorizer,
  alwaysDenyAuthorizer,
  createAuthorizerUnion,
  createNodeAuthorizer,
  createRbacAuthorizer,
  createRuleResolverUnion,
  mastersAuthorizer,
  nodeRules,
  type RbacAuthorizer,
  type RuleResolver,
} from "@kubets/authz";
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { WatchCache } from "@kubets/watch-cache";

export interface Authorization {
  readonly authorizer: Authorizer;
  /** What SelfSubjectRulesReview asks. */
  readonly rules: RuleResolver;
  /** Where RBAC is on: it also guards writes of roles and bindings. */
  readonly rbac: RbacAuthorizer | undefined;
  /** Keep the authorizers in step with the objects they decide by. */
  readonly runnables: readonly Runnable[];
}

export type AuthorizationMode = "AlwaysAllow" | "AlwaysDeny" | "Node" | "RBAC";

/** Upstream: pkg/kubeapiserver/authorizer/config.go @1.36 */
export function buildAuthorization(
  modes: readonly string[],
  cache: WatchCache,
  context: { readonly clock: Clock; readonly logger: Logger },
): Authorization {
  const of = (group: string, resource: string) => cache.resource({ group, resource });
  const rbacGroup = "rbac.authorization.k8s.io";
  const authorizers: Authorizer[] = [mastersAuthorizer];
  const resolvers: RuleResolver[] = [];
  const runnables: Runnable[] = [];
  let rbac: RbacAuthorizer | undefined;
  for (const mode of modes) {
    switch (mode) {
      case "AlwaysAllow":
        authorizers.push(alwaysAllowAuthorizer);
        resolvers.push(alwaysAllowAuthorizer);
        break;
      case "AlwaysDeny":
        authorizers.push(alwaysDenyAuthorizer);
        resolvers.push(alwaysDenyAuthorizer);
        break;
      case "Node": {
        const node = createNodeAuthorizer({
          caches: {
            pods: of("", "pods"),
            persistentVolumes: of("", "persistentvolumes"),
            volumeAttachments: of("storage.k8s.io", "volumeattachments"),
            resourceSlices: of("resource.k8s.io", "resourceslices"),
          },
          rules: nodeRules(),
          ...context,
        });
        authorizers.push(node.authorizer);
        runnables.push(...node.runnables);
        break;
      }
      case "RBAC": {
        const made = createRbacAuthorizer({
          caches: {
            clusterRoles: of(rbacGroup, "clusterroles"),
            clusterRoleBindings: of(rbacGroup, "clusterrolebindings"),
            roles: of(rbacGroup, "roles"),
            roleBindings: of(rbacGroup, "rolebindings"),
          },
          ...context,
        });
        rbac = made.authorizer;
        authorizers.push(made.authorizer);
        resolvers.push(made.authorizer);
        runnables.push(...made.runnables);
      }
    }
  }
  return {
    authorizer: createAuthorizerUnion(authorizers),
    rules: createRuleResolverUnion(resolvers),
    rbac,
    runnables,
  };
}
