import type { UserInfo } from "@kubets/authn";

export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface NonResourceRule {
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface ResolvedRules {
  readonly resourceRules: readonly ResourceRule[];
  readonly nonResourceRules: readonly NonResourceRule[];
  /** The user may be allowed more than the lists say. */
  readonly incomplete: boolean;
  readonly errors: readonly string[];
}

/** What a user may do in a namespace, as far as an authorizer can list it. */
export interface RuleResolver {
  rulesFor(user: UserInfo, namespace: string): ResolvedRules;
}

/** Upstream: staging/src/k8s.io/apiserver/pkg/authorization/union/union.go unionAuthzRulesHandler @1.36 */
export function createRuleResolverUnion(resolvers: readonly RuleResolver[]): RuleResolver {
  return {
    rulesFor(user, namespace) {
      const all = resolvers.map((resolver) => resolver.rulesFor(user, namespace));
      return {
        resourceRules: all.flatMap((each) => each.resourceRules),
        nonResourceRules: all.flatMap((each) => each.nonResourceRules),
        incomplete: all.some((each) => each.incomplete),
        errors: all.flatMap((each) => each.errors),
      };
    },
  };
}
