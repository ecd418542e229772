import type { UserInfo } from "@kubets/authn";
import { expect, test } from "vitest";
import {
  reviewLocalSubjectAccess,
  reviewSelfAccess,
  reviewSelfRules,
  reviewSubjectAccess,
} from "./access-reviews.ts";
import type { Attributes, Authorizer } from "./authorizer.ts";
import { createRuleResolverUnion } from "./rule-resolver.ts";

const head = { apiVersion: "authorization.k8s.io/v1", metadata: {} };
const ann: UserInfo = { name: "ann", groups: ["dev"] };

/** Allows what ann gets in dev; remembers what it was asked. */
function listening(): Authorizer & { asked: Attributes[] } {
  const asked: Attributes[] = [];
  return {
    name: "test",
    asked,
    authorize: (attributes) => {
      asked.push(attributes);
      if (attributes.verb === "break") throw new Error("cannot decide");
      return attributes.user.name === "ann" && attributes.namespace === "dev"
        ? { verdict: "allow", reason: "by test" }
        : { verdict: "noOpinion", reason: "" };
    },
  };
}

test("a review asks exactly what it says", async () => {
  const authorizer = listening();
  const review = await reviewSubjectAccess(
    {
      ...head,
      kind: "SubjectAccessReview",
      spec: {
        user: "ann",
        groups: ["dev"],
        extra: { scope: ["a"] },
        resourceAttributes: {
          verb: "list",
          resource: "pods",
          namespace: "dev",
          fieldSelector: {
            requirements: [{ key: "spec.nodeName", operator: "In", values: ["n,1"] }],
          },
        },
      },
    },
    authorizer,
  );
  expect(review.status).toEqual({ allowed: true, reason: "by test" });
  expect(authorizer.asked).toEqual([
    {
      user: { name: "ann", groups: ["dev"], extra: { scope: ["a"] } },
      verb: "list",
      isResourceRequest: true,
      apiGroup: "",
      apiVersion: "*",
      resource: "pods",
      subresource: "",
      namespace: "dev",
      name: "",
      path: "",
      fieldSelector: "spec.nodeName=n\\,1",
    },
  ]);
});

test("an authorizer that cannot decide is a refusal that says why", async () => {
  const review = await reviewSelfAccess(
    {
      ...head,
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: "break", resource: "pods" } },
    },
    listening(),
    ann,
  );
  expect(review.status).toEqual({ allowed: false, evaluationError: "cannot decide" });
});

test.each([
  [{ user: "ann" }, "exactly one of nonResourceAttributes or resourceAttributes must be specified"],
  [
    { user: "ann", resourceAttributes: {}, nonResourceAttributes: {} },
    "cannot be specified in combination with resourceAttributes",
  ],
  [{ resourceAttributes: {} }, "at least one of user or group must be specified"],
])("the review %j is refused", async (spec, text) => {
  await expect(
    reviewSubjectAccess({ ...head, kind: "SubjectAccessReview", spec }, listening()),
  ).rejects.toMatchObject({ code: 422, message: expect.stringContaining(text) });
});

test("a local review stays in its namespace", async () => {
  await expect(
    reviewLocalSubjectAccess(
      {
        ...head,
        kind: "LocalSubjectAccessReview",
        spec: { user: "ann", resourceAttributes: { verb: "get", namespace: "other" } },
      },
      listening(),
      "dev",
    ),
  ).rejects.toMatchObject({
    code: 400,
    message: "spec.resourceAttributes.namespace must match namespace: dev",
  });
});

test("the rules of all authorizers are listed, with what could not be found out", () => {
  const review = reviewSelfRules(
    { ...head, kind: "SelfSubjectRulesReview", spec: { namespace: "dev" } },
    createRuleResolverUnion([
      {
        rulesFor: () => ({
          resourceRules: [],
          nonResourceRules: [],
          incomplete: true,
          errors: ["node authorizer does not support user rule resolution"],
        }),
      },
      {
        rulesFor: () => ({
          resourceRules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
          nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/version"] }],
          incomplete: false,
          errors: [],
        }),
      },
    ]),
    ann,
  );
  expect(review.status).toEqual({
    resourceRules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
    nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/version"] }],
    incomplete: true,
    evaluationError: "node authorizer does not support user rule resolution",
  });
});
