/**
 * Upstream: staging/src/k8s.io/apiserver/pkg/authorization/union/union.go and
 * authorization/authorizerfactory/builtin.go @1.36
 */
import { GROUP_MASTERS, type UserInfo } from "@kubets/authn";
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import type { ResolvedRules, RuleResolver } from "./rule-resolver.ts";

const ALLOW: Decision = Object.freeze({ verdict: "allow", reason: "" });
export const NO_OPINION: Decision = Object.freeze({ verdict: "noOpinion", reason: "" });

/** The first opinion wins; without any, the reasons are all given. An error counts as no opinion, and is thrown when nobody allows. */
export function createAuthorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  function ask(
    attributes: Attributes,
    from: number,
    before: readonly string[],
  ): Promise<Decision> | Decision {
    let reasons = before;
    for (let index = from; index < authorizers.length; index++) {
      const decision = authorizers[index]?.authorize(attributes) ?? NO_OPINION;
      if (decision instanceof Promise) {
        const soFar = reasons;
        return decision.then((later) =>
          later.verdict === "noOpinion"
            ? ask(attributes, index + 1, withReason(soFar, later.reason))
            : later,
        );
      }
      if (decision.verdict !== "noOpinion") return decision;
      reasons = withReason(reasons, decision.reason);
    }
    return reasons.length === 0 ? NO_OPINION : { verdict: "noOpinion", reason: reasons.join("\n") };
  }
  return { name: "union", authorize: (attributes) => ask(attributes, 0, []) };
}

function withReason(reasons: readonly string[], reason: string): readonly string[] {
  return reason === "" ? reasons : [...reasons, reason];
}

/** Members of system:masters may do everything, whatever the policy says: the way back in. */
export const mastersAuthorizer: Authorizer = {
  name: "masters",
  authorize: ({ user }) => (user.groups.includes(GROUP_MASTERS) ? ALLOW : NO_OPINION),
};

const everything: ResolvedRules = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
  incomplete: false,
  errors: [],
};

export const alwaysAllowAuthorizer: Authorizer & RuleResolver = {
  name: "AlwaysAllow",
  authorize: () => ALLOW,
  rulesFor: () => everything,
};

export const alwaysDenyAuthorizer: Authorizer & RuleResolver = {
  name: "AlwaysDeny",
  authorize: () => ({ verdict: "noOpinion", reason: "Everything is forbidden." }),
  rulesFor: (_user: UserInfo) => ({
    resourceRules: [],
    nonResourceRules: [],
    incomplete: false,
    errors: [],
  }),
};
