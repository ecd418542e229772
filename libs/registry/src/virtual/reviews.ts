/**
 * Questions that answer themselves: nothing is stored.
 *
 * Upstream: pkg/registry/{authentication,authorization}/* @1.36
 */
import { builtinResources, type KubeObject, type ResourceInfo } from "@kubets/api";
import type { SelfSubjectReview, TokenReview } from "@kubets/api/authentication/v1";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "@kubets/api/authorization/v1";
import { reviewSelf, reviewToken, type TokenAuthenticator } from "@kubets/authn";
import {
  type Authorizer,
  type RuleResolver,
  reviewLocalSubjectAccess,
  reviewSelfAccess,
  reviewSelfRules,
  reviewSubjectAccess,
} from "@kubets/authz";
import type { RequestScope, VirtualResource } from "../store.ts";

export interface ReviewOptions {
  readonly tokens: TokenAuthenticator;
  /** Upstream: --api-audiences. */
  readonly audiences: readonly string[];
  readonly authorizer: Authorizer;
  readonly rules: RuleResolver;
}

type Answer = (scope: RequestScope, object: KubeObject) => Promise<KubeObject> | KubeObject;

export function reviewResources(options: ReviewOptions): VirtualResource[] {
  const { tokens, audiences, authorizer, rules } = options;
  const answers: { readonly [resource: string]: Answer } = {
    tokenreviews: (_scope, object) => reviewToken(object as TokenReview, { tokens, audiences }),
    selfsubjectreviews: ({ user }, object) => reviewSelf(object as SelfSubjectReview, user),
    subjectaccessreviews: (_scope, object) =>
      reviewSubjectAccess(object as SubjectAccessReview, authorizer),
    localsubjectaccessreviews: ({ namespace }, object) =>
      reviewLocalSubjectAccess(object as LocalSubjectAccessReview, authorizer, namespace),
    selfsubjectaccessreviews: ({ user }, object) =>
      reviewSelfAccess(object as SelfSubjectAccessReview, authorizer, user),
    selfsubjectrulesreviews: ({ user }, object) =>
      reviewSelfRules(object as SelfSubjectRulesReview, rules, user),
  };
  return builtinResources.flatMap((info) => {
    const answer = answers[info.resource];
    return answer === undefined ? [] : [virtualResource(info, answer)];
  });
}

function virtualResource(info: ResourceInfo, answer: Answer): VirtualResource {
  return {
    info,
    async create(scope, object) {
      return answer(scope, object);
    },
  };
}
