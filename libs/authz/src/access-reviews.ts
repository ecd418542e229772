/**
 * Answers to "may this user do that?".
 *
 * Upstream: pkg/registry/authorization/{subjectaccessreview,selfsubjectaccessreview,localsubjectaccessreview,selfsubjectrulesreview} @1.36
 */
import { badRequest, invalid } from "@kubets/api";
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "@kubets/api/authorization/v1";
import type { StatusCause } from "@kubets/api/meta/v1";
import type { UserInfo } from "@kubets/authn";
import type { Attributes, Authorizer } from "./authorizer.ts";
import type { RuleResolver } from "./rule-resolver.ts";

const GROUP = "authorization.k8s.io";

export async function reviewSubjectAccess(
  review: SubjectAccessReview,
  authorizer: Authorizer,
): Promise<SubjectAccessReview> {
  checkSpec("SubjectAccessReview", review.spec, true);
  const attributes = attributesOf(userOf(review.spec), review.spec);
  return { ...review, status: await decide(attributes, authorizer) };
}

export async function reviewLocalSubjectAccess(
  review: LocalSubjectAccessReview,
  authorizer: Authorizer,
  namespace: string,
): Promise<LocalSubjectAccessReview> {
  const { spec } = review;
  const causes = specCauses(spec, true);
  if (spec.nonResourceAttributes !== undefined) {
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(spec.nonResourceAttributes)}: disallowed on this kind of request`,
      field: "spec.nonResourceAttributes",
    });
  }
  if (spec.resourceAttributes !== undefined && spec.resourceAttributes.namespace !== namespace) {
    if (causes.length === 0) {
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    }
  }
  if (causes.length > 0)
    throw invalid({ group: GROUP, kind: "LocalSubjectAccessReview" }, "", causes);
  const attributes = attributesOf(userOf(spec), spec);
  return { ...review, status: await decide(attributes, authorizer) };
}

export async function reviewSelfAccess(
  review: SelfSubjectAccessReview,
  authorizer: Authorizer,
  user: UserInfo,
): Promise<SelfSubjectAccessReview> {
  checkSpec("SelfSubjectAccessReview", review.spec, false);
  return { ...review, status: await decide(attributesOf(user, review.spec), authorizer) };
}

export function reviewSelfRules(
  review: SelfSubjectRulesReview,
  resolver: RuleResolver,
  user: UserInfo,
): SelfSubjectRulesReview {
  const namespace = review.spec.namespace ?? "";
  if (namespace === "") throw badRequest("no namespace on request");
  const rules = resolver.rulesFor(user, namespace);
  return {
    ...review,
    status: {
      resourceRules: rules.resourceRules.map((rule) => ({
        verbs: [...rule.verbs],
        ...(rule.apiGroups === undefined ? {} : { apiGroups: [...rule.apiGroups] }),
        ...(rule.resources === undefined ? {} : { resources: [...rule.resources] }),
        ...(rule.resourceNames === undefined ? {} : { resourceNames: [...rule.resourceNames] }),
      })),
      nonResourceRules: rules.nonResourceRules.map((rule) => ({
        verbs: [...rule.verbs],
        ...(rule.nonResourceURLs === undefined
          ? {}
          : { nonResourceURLs: [...rule.nonResourceURLs] }),
      })),
      incomplete: rules.incomplete,
      ...(rules.errors.length === 0 ? {} : { evaluationError: rules.errors.join(", ") }),
    },
  };
}

async function decide(
  attributes: Attributes,
  authorizer: Authorizer,
): Promise<SubjectAccessReviewStatus> {
  try {
    const { verdict, reason } = await authorizer.authorize(attributes);
    return {
      allowed: verdict === "allow",
      ...(verdict === "deny" ? { denied: true } : {}),
      ...(reason === "" ? {} : { reason }),
    };
  } catch (error) {
    // An authorizer that cannot decide is a refusal that says why, not a failed review.
    const evaluationError = error instanceof Error ? error.message : String(error);
    return { allowed: false, evaluationError };
  }
}

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes | undefined;
  readonly nonResourceAttributes?: NonResourceAttributes | undefined;
}

/** Upstream: pkg/apis/authorization/validation/validation.go @1.36 */
function checkSpec(
  kind: string,
  spec: AccessSpec & { readonly user?: string | undefined; readonly groups?: string[] | undefined },
  withSubject: boolean,
): void {
  const causes = specCauses(spec, withSubject);
  if (causes.length > 0) throw invalid({ group: GROUP, kind }, "", causes);
}

function specCauses(
  spec: AccessSpec & { readonly user?: string | undefined; readonly groups?: string[] | undefined },
  withSubject: boolean,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(nonResourceAttributes)}: cannot be specified in combination with resourceAttributes`,
      field: "spec.nonResourceAttributes",
    });
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`,
      field: "spec.resourceAttributes",
    });
  }
  if (withSubject && (spec.user ?? "") === "" && (spec.groups ?? []).length === 0) {
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: "": at least one of user or group must be specified`,
      field: "spec.user",
    });
  }
  return causes;
}

function userOf(spec: SubjectAccessReviewSpec): UserInfo {
  return {
    name: spec.user ?? "",
    groups: spec.groups ?? [],
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  };
}

/** Upstream: pkg/registry/authorization/util/helpers.go AuthorizationAttributesFrom @1.36 */
function attributesOf(user: UserInfo, spec: AccessSpec): Attributes {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  const fieldSelector =
    resource?.fieldSelector?.rawSelector ?? selectorText(resource?.fieldSelector?.requirements);
  return {
    user,
    verb: resource?.verb ?? path?.verb ?? "",
    isResourceRequest: resource !== undefined,
    apiGroup: resource?.group ?? "",
    apiVersion: (resource?.version ?? "") === "" ? "*" : (resource?.version ?? ""),
    resource: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    namespace: resource?.namespace ?? "",
    name: resource?.name ?? "",
    path: path?.path ?? "",
    ...(fieldSelector === undefined || fieldSelector === "" ? {} : { fieldSelector }),
    ...((resource?.labelSelector?.rawSelector ?? "") === ""
      ? {}
      : { labelSelector: resource?.labelSelector?.rawSelector ?? "" }),
  };
}

/** Only "field is one value" narrows what an authorizer may allow; the others are left out. */
function selectorText(
  requirements:
    | readonly {
        readonly key: string;
        readonly operator: string;
        readonly values?: string[] | undefined;
      }[]
    | undefined,
): string | undefined {
  return requirements
    ?.filter(({ operator, values }) => operator === "In" && values?.length === 1)
    .map(({ key, values }) => `${key}=${(values?.[0] ?? "").replaceAll(/[\\,=]/g, "\\$&")}`)
    .join(",");
}
