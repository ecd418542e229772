import type { PolicyRule } from "@kubets/api/rbac/v1";
import type { Attributes } from "../authorizer.ts";
import { pathMatches, ruleCoversResource, verbMatches } from "./policy-rule.ts";

/** A rule and through what it was granted: "ClusterRoleBinding "x" of ClusterRole "y" to User "z"". */
export interface GrantedRule {
  readonly rule: PolicyRule;
  readonly through: string;
}

/** Which rules cover a verb and a resource, worked out once. */
interface Grant {
  /** Covers every name. */
  readonly any: GrantedRule | undefined;
  readonly byName: ReadonlyMap<string, GrantedRule>;
}

const MEMO_ITEMS_MAX = 1_024;

/**
 * A fixed list of rules that answers fast when asked the same again: components ask for the same few verbs and
 * resources all the time. Names and paths come from clients and are not remembered.
 */
export class GrantedRules {
  readonly rules: readonly GrantedRule[];
  readonly #grants = new Map<string, Grant>();

  constructor(rules: readonly GrantedRule[]) {
    this.rules = rules;
  }

  find(attributes: Attributes): GrantedRule | undefined {
    if (this.rules.length === 0) return undefined;
    if (!attributes.isResourceRequest) {
      return this.rules.find(
        ({ rule }) => verbMatches(rule, attributes.verb) && pathMatches(rule, attributes.path),
      );
    }
    const { verb, apiGroup, resource, subresource } = attributes;
    const key = `${verb}\0${apiGroup}\0${resource}\0${subresource}`;
    let grant = this.#grants.get(key);
    if (grant === undefined) {
      grant = this.#workOut(attributes);
      if (this.#grants.size >= MEMO_ITEMS_MAX) this.#grants.clear();
      this.#grants.set(key, grant);
    }
    return grant.any ?? grant.byName.get(attributes.name);
  }

  #workOut(attributes: Attributes): Grant {
    const byName = new Map<string, GrantedRule>();
    for (const granted of this.rules) {
      if (!ruleCoversResource(granted.rule, attributes)) continue;
      const names = granted.rule.resourceNames ?? [];
      if (names.length === 0) return { any: granted, byName };
      for (const name of names) if (!byName.has(name)) byName.set(name, granted);
    }
    return { any: undefined, byName };
  }
}
