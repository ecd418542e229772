import type { ClusterRole, ClusterRoleBinding, PolicyRule } from "@kubets/api/rbac/v1";
import type { UserInfo } from "@kubets/authn";
import { expect, test } from "vitest";
import { bootstrapPolicy } from "./bootstrap-policy.ts";
import { PolicyWrites } from "./policy-writes.ts";
import { RbacAuthorizer } from "./rbac-authorizer.ts";
import { RbacIndex } from "./rbac-index.ts";
import { planBinding, planRole } from "./reconcile-policy.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";

function clusterRole(name: string, rules: PolicyRule[]): ClusterRole {
  return { apiVersion, kind: "ClusterRole", metadata: { name }, rules };
}
function clusterBinding(name: string, role: string, user: string): ClusterRoleBinding {
  return {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "User", name: user }],
  };
}

function writes(...rules: PolicyRule[]): { writes: PolicyWrites; ann: UserInfo } {
  const index = new RbacIndex();
  index
    .roleFeed(true)
    .replace([
      clusterRole("own", rules),
      clusterRole("reader", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]),
    ]);
  index.bindingFeed(true).replace([clusterBinding("own", "own", "ann")]);
  const rbac = new RbacAuthorizer(index);
  return {
    writes: new PolicyWrites({ rbac, authorizer: rbac }),
    ann: { name: "ann", groups: ["dev", "system:authenticated"] },
  };
}

const wanted = clusterRole("wanted", [
  { verbs: ["get", "delete"], apiGroups: [""], resources: ["pods", "secrets"] },
  { verbs: ["get"], nonResourceURLs: ["/metrics"] },
]);

test("a role may not give what its author does not have, and the text lists it", async () => {
  const { writes: policy, ann } = writes({ verbs: ["get"], apiGroups: ["*"], resources: ["*"] });
  await expect(
    policy.checkRole({ resource: "clusterroles", role: wanted, user: ann }),
  ).rejects.toMatchObject({
    code: 403,
    message: `clusterroles.rbac.authorization.k8s.io "wanted" is forbidden: user "ann" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["delete"]}
{NonResourceURLs:["/metrics"], Verbs:["get"]}`,
  });
});

const everything: PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];
const mayEscalate: PolicyRule[] = [
  { verbs: ["escalate"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"] },
];

test.each([
  ["holds all of it", everything],
  ["may escalate", mayEscalate],
])("an author who %s may write the role", async (_, rules) => {
  const { writes: policy, ann } = writes(...rules);
  await expect(
    policy.checkRole({ resource: "clusterroles", role: wanted, user: ann }),
  ).resolves.toBeUndefined();
});

test("a change that leaves the rules alone needs no rights over them", async () => {
  const { writes: policy, ann } = writes();
  const labelled = { ...wanted, metadata: { name: "wanted", labels: { a: "b" } } };
  await expect(
    policy.checkRole({ resource: "clusterroles", role: labelled, oldRole: wanted, user: ann }),
  ).resolves.toBeUndefined();
});

test("an aggregation rule needs every right, since what it takes in may grow", async () => {
  const { writes: policy, ann } = writes({ verbs: ["get"], apiGroups: ["*"], resources: ["*"] });
  const role = {
    ...clusterRole("all", []),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
  };
  await expect(
    policy.checkRole({ resource: "clusterroles", role, user: ann }),
  ).rejects.toMatchObject({
    message: expect.stringContaining(
      'clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use the aggregationRule: user "ann"',
    ),
  });
});

test("binding a role needs its rights, or the right to bind it", async () => {
  const binding = clusterBinding("b", "reader", "eve");
  const none = writes();
  await expect(
    none.writes.checkBinding({ resource: "clusterrolebindings", binding, user: none.ann }),
  ).rejects.toMatchObject({
    code: 403,
    message: expect.stringMatching(
      /^clusterrolebindings\.rbac\.authorization\.k8s\.io "b" is forbidden: user "ann"/,
    ),
  });
  for (const rule of [
    { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["bind"], apiGroups: ["*"], resources: ["clusterroles"], resourceNames: ["reader"] },
  ]) {
    const { writes: policy, ann } = writes(rule);
    await expect(
      policy.checkBinding({ resource: "clusterrolebindings", binding, user: ann }),
    ).resolves.toBeUndefined();
  }
  const missing = clusterBinding("b", "gone", "eve");
  await expect(
    none.writes.checkBinding({ resource: "clusterrolebindings", binding: missing, user: none.ann }),
  ).rejects.toMatchObject({
    code: 404,
    message: 'clusterroles.rbac.authorization.k8s.io "gone" not found',
  });
});

test("members of system:masters write whatever policy they want", async () => {
  const { writes: policy } = writes();
  const root = { name: "root", groups: ["system:masters"] };
  await expect(
    policy.checkRole({ resource: "clusterroles", role: wanted, user: root }),
  ).resolves.toBeUndefined();
});

test("a start adds what is missing of the bootstrap policy and takes nothing away", () => {
  const expected = clusterRole("r", [
    { verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] },
  ]);
  expect(planRole(expected, undefined)).toEqual({ action: "create", object: expected });
  expect(planRole(expected, expected)).toEqual({ action: "none" });
  const less = clusterRole("r", [
    { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["*"], apiGroups: ["mine"], resources: ["*"] },
  ]);
  expect(planRole(expected, less)).toMatchObject({
    action: "update",
    object: {
      rules: [...(less.rules ?? []), { verbs: ["list"], apiGroups: [""], resources: ["pods"] }],
    },
  });
  const left = {
    ...less,
    metadata: {
      name: "r",
      annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" },
    },
  };
  expect(planRole(expected, left)).toEqual({ action: "none" });
});

test("a second start finds nothing to do", () => {
  const policy = bootstrapPolicy();
  for (const role of [...policy.clusterRoles, ...policy.roles]) {
    expect(planRole(role, role)).toEqual({ action: "none" });
  }
  for (const binding of [...policy.clusterRoleBindings, ...policy.roleBindings]) {
    expect(planBinding(binding, binding)).toEqual({ action: "none" });
  }
});

test("a binding gets its missing subjects back, and another role means a new binding", () => {
  const expected = clusterBinding("b", "reader", "ann");
  const other = clusterBinding("b", "reader", "eve");
  expect(planBinding(expected, other)).toMatchObject({
    action: "update",
    object: { subjects: [...(other.subjects ?? []), ...(expected.subjects ?? [])] },
  });
  expect(planBinding(expected, clusterBinding("b", "own", "ann"))).toEqual({
    action: "replace",
    object: expected,
  });
});
