/**
 * Role-based access control over what the cache holds.
 *
 * Upstream: plugin/pkg/auth/authorizer/rbac/rbac.go @1.36
 */

import type { PolicyRule } from "@kubets/api/rbac/v1";
import { joinErrors, type UserInfo } from "@kubets/authn";
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { ResourceCache } from "@kubets/watch-cache";
import type { Attributes, Authorizer, Decision } from "../authorizer.ts";
import { NO_OPINION } from "../authorizer-union.ts";
import { followObjects } from "../follow-objects.ts";
import type { ResolvedRules, RuleResolver } from "../rule-resolver.ts";
import { type GrantedRule, GrantedRules } from "./granted-rules.ts";
import { RbacIndex } from "./rbac-index.ts";

export interface RbacCaches {
  readonly clusterRoles: Pick<ResourceCache, "watch">;
  readonly clusterRoleBindings: Pick<ResourceCache, "watch">;
  readonly roles: Pick<ResourceCache, "watch">;
  readonly roleBindings: Pick<ResourceCache, "watch">;
}

/** Rules of one user at one generation of the policy. */
interface UserRules {
  readonly generation: number;
  readonly cluster: GrantedRules;
  readonly errors: readonly string[];
  readonly namespaces: Map<
    string,
    { readonly granted: GrantedRules; readonly errors: readonly string[] }
  >;
}

const USERS_MAX = 1_024;
const NAMESPACES_MAX = 1_024;

export class RbacAuthorizer implements Authorizer, RuleResolver {
  readonly name = "RBAC";
  readonly index: RbacIndex;
  /** The same credentials come as the same user value; impersonated and reviewed users come as new ones. */
  readonly #byUser = new WeakMap<UserInfo, UserRules>();
  readonly #byName = new Map<string, UserRules>();
  /** One decision for each way to be allowed. */
  readonly #allowed = new WeakMap<GrantedRule, Decision>();

  constructor(index: RbacIndex) {
    this.index = index;
  }

  authorize(attributes: Attributes): Decision {
    const user = this.#rulesOf(attributes.user);
    const found = user.cluster.find(attributes);
    if (found !== undefined) return this.#allow(found);
    const { namespace } = attributes;
    if (namespace === "" || !this.index.hasBindingsIn(namespace)) return refusal(user.errors);
    const own = this.#rulesIn(user, attributes.user, namespace);
    const foundHere = own.granted.find(attributes);
    if (foundHere !== undefined) return this.#allow(foundHere);
    return refusal(own.errors.length === 0 ? user.errors : [...user.errors, ...own.errors]);
  }

  rulesFor(user: UserInfo, namespace: string): ResolvedRules {
    const { rules, errors } = this.policyRulesFor(user, namespace);
    return {
      resourceRules: rules.filter((rule) => (rule.resources ?? []).length > 0).map(resourceRule),
      nonResourceRules: rules
        .filter((rule) => (rule.nonResourceURLs ?? []).length > 0)
        .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
      incomplete: errors.length > 0,
      errors,
    };
  }

  /** The rules as roles state them, cluster-wide ones first. */
  policyRulesFor(
    user: UserInfo,
    namespace: string,
  ): { readonly rules: readonly PolicyRule[]; readonly errors: readonly string[] } {
    const everywhere = this.#rulesOf(user);
    const here = namespace === "" ? undefined : this.#rulesIn(everywhere, user, namespace);
    return {
      rules: [...everywhere.cluster.rules, ...(here?.granted.rules ?? [])].map(({ rule }) => rule),
      errors: [...everywhere.errors, ...(here?.errors ?? [])],
    };
  }

  #allow(granted: GrantedRule): Decision {
    let decision = this.#allowed.get(granted);
    if (decision === undefined) {
      decision = { verdict: "allow", reason: `RBAC: allowed by ${granted.through}` };
      this.#allowed.set(granted, decision);
    }
    return decision;
  }

  #rulesOf(user: UserInfo): UserRules {
    const { generation } = this.index;
    const known = this.#byUser.get(user);
    if (known !== undefined && known.generation === generation) return known;
    const key = `${user.name}\0${user.groups.join("\0")}`;
    let rules = this.#byName.get(key);
    if (rules === undefined || rules.generation !== generation) {
      const { rules: granted, errors } = this.index.rulesIn("", user);
      rules = { generation, cluster: new GrantedRules(granted), errors, namespaces: new Map() };
      if (this.#byName.size >= USERS_MAX) this.#byName.clear();
      this.#byName.set(key, rules);
    }
    this.#byUser.set(user, rules);
    return rules;
  }

  #rulesIn(rules: UserRules, user: UserInfo, namespace: string) {
    let own = rules.namespaces.get(namespace);
    if (own === undefined) {
      const { rules: granted, errors } = this.index.rulesIn(namespace, user);
      own = { granted: new GrantedRules(granted), errors };
      if (rules.namespaces.size >= NAMESPACES_MAX) rules.namespaces.clear();
      rules.namespaces.set(namespace, own);
    }
    return own;
  }
}

function refusal(errors: readonly string[]): Decision {
  if (errors.length === 0) return NO_OPINION;
  return { verdict: "noOpinion", reason: `RBAC: ${joinErrors([...new Set(errors)])}` };
}

function resourceRule({ verbs, apiGroups = [], resources = [], resourceNames = [] }: PolicyRule) {
  return {
    verbs,
    apiGroups,
    resources,
    ...(resourceNames.length > 0 ? { resourceNames } : {}),
  };
}

/** The authorizer and what keeps it in step; it denies everything until those have started. */
export function createRbacAuthorizer(options: {
  readonly caches: RbacCaches;
  readonly clock: Clock;
  readonly logger: Logger;
}): { readonly authorizer: RbacAuthorizer; readonly runnables: readonly Runnable[] } {
  const { caches, clock, logger } = options;
  const index = new RbacIndex();
  const feeds = [
    ["clusterroles", caches.clusterRoles, index.roleFeed(true)],
    ["clusterrolebindings", caches.clusterRoleBindings, index.bindingFeed(true)],
    ["roles", caches.roles, index.roleFeed(false)],
    ["rolebindings", caches.roleBindings, index.bindingFeed(false)],
  ] as const;
  return {
    authorizer: new RbacAuthorizer(index),
    runnables: feeds.map(([name, cache, feed]) =>
      followObjects({ name, cache, index: feed, clock, logger }),
    ),
  };
}
