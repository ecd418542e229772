import type { PolicyRule, RoleRef, Subject } from "@kubets/api/rbac/v1";
import type { UserInfo } from "@kubets/authn";
import { expect, test } from "vitest";
import type { Attributes } from "../authorizer.ts";
import { createAuthorizerUnion, mastersAuthorizer } from "../authorizer-union.ts";
import { bootstrapPolicy } from "./bootstrap-policy.ts";
import { RbacAuthorizer } from "./rbac-authorizer.ts";
import { RbacIndex } from "./rbac-index.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";

function role(name: string, rules: PolicyRule[], namespace = "") {
  const kind = namespace === "" ? "ClusterRole" : "Role";
  return { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) }, rules };
}
function binding(name: string, roleRef: RoleRef, subjects: Subject[], namespace = "") {
  const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
  const metadata = { name, ...(namespace ? { namespace } : {}) };
  return { apiVersion, kind, metadata, roleRef, subjects };
}
const clusterRole = (name: string): RoleRef => ({ kind: "ClusterRole", name });
const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups });

function ask(who: UserInfo, text: string): Attributes {
  // "get pods/log.GROUP ns/name" or "get /healthz"
  const [verb = "", what = "", where = ""] = text.split(" ");
  const isResourceRequest = !what.startsWith("/");
  const [path = "", apiGroup = ""] = isResourceRequest ? splitOnce(what, ".") : ["", ""];
  const [resource = "", subresource = ""] = splitOnce(path, "/");
  const [namespace = "", name = ""] = splitOnce(where, "/");
  return {
    user: who,
    verb,
    isResourceRequest,
    apiGroup,
    apiVersion: "v1",
    resource,
    subresource,
    namespace,
    name,
    path: isResourceRequest ? "" : what,
  };
}
function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function world() {
  const index = new RbacIndex();
  const clusterRoles = index.roleFeed(true);
  const roles = index.roleFeed(false);
  const clusterBindings = index.bindingFeed(true);
  const bindings = index.bindingFeed(false);
  clusterRoles.replace([
    role("reader", [{ verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "pods/log"] }]),
    role("scaler", [{ verbs: ["update"], apiGroups: ["*"], resources: ["*/scale"] }]),
    role("one-secret", [
      { verbs: ["get", "list"], apiGroups: [""], resources: ["secrets"], resourceNames: ["s1"] },
    ]),
    role("paths", [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/metrics/*"] }]),
  ]);
  roles.replace([
    role("cm", [{ verbs: ["*"], apiGroups: [""], resources: ["configmaps"] }], "dev"),
  ]);
  clusterBindings.replace([
    binding("readers", clusterRole("reader"), [{ kind: "Group", name: "dev" }]),
    binding("scalers", clusterRole("scaler"), [{ kind: "User", name: "bob" }]),
    binding("paths", clusterRole("paths"), [{ kind: "Group", name: "system:authenticated" }]),
    binding("lost", clusterRole("gone"), [{ kind: "User", name: "eve" }]),
  ]);
  bindings.replace([
    binding("cms", { kind: "Role", name: "cm" }, [{ kind: "ServiceAccount", name: "app" }], "dev"),
    binding("secret", clusterRole("one-secret"), [{ kind: "User", name: "bob" }], "dev"),
  ]);
  return { authorizer: new RbacAuthorizer(index), clusterRoles, roles, clusterBindings, bindings };
}

const dev = user("ann", "dev");
const bob = user("bob", "system:authenticated");
const app = user("system:serviceaccount:dev:app", "system:serviceaccounts");

test.each([
  [dev, "get pods default/p", true],
  [dev, "list pods", true],
  [dev, "get pods/log default/p", true],
  [dev, "get pods/exec default/p", false],
  [dev, "delete pods default/p", false],
  [dev, "get pods.apps default/p", false],
  [dev, "get nodes /n1", false],
  [bob, "update deployments/scale.apps default/d", true],
  [bob, "update deployments.apps default/d", false],
  [bob, "get secrets dev/s1", true],
  [bob, "get secrets dev/s2", false],
  [bob, "list secrets dev", false],
  [bob, "list secrets dev/s1", true],
  [bob, "get secrets default/s1", false],
  [bob, "get /healthz", true],
  [bob, "get /metrics/cadvisor", true],
  [bob, "get /metrics", false],
  [bob, "post /healthz", false],
  [app, "delete configmaps dev/c", true],
  [app, "delete configmaps default/c", false],
  [user("system:serviceaccount:default:app"), "delete configmaps dev/c", false],
  [user("app"), "delete configmaps dev/c", false],
] as const)("%o: %s → %s", (who, text, allowed) => {
  const { authorizer } = world();
  const decision = authorizer.authorize(ask(who, text));
  expect(decision.verdict === "allow").toBe(allowed);
  // Asked again it answers from what it remembers.
  expect(authorizer.authorize(ask(who, text))).toEqual(decision);
});

test("an allowed request says through which binding", () => {
  const { authorizer } = world();
  expect(authorizer.authorize(ask(dev, "get pods default/p")).reason).toBe(
    'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"',
  );
  expect(authorizer.authorize(ask(app, "get configmaps dev/c")).reason).toBe(
    'RBAC: allowed by RoleBinding "cms/dev" of Role "cm" to ServiceAccount "app/dev"',
  );
});

test("a refusal names roles that are missing", () => {
  const { authorizer } = world();
  expect(authorizer.authorize(ask(user("eve"), "get pods default/p"))).toEqual({
    verdict: "noOpinion",
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
  });
});

test("changes of roles and bindings count at once", () => {
  const { authorizer, clusterRoles, clusterBindings, bindings } = world();
  const verdict = (text: string) => authorizer.authorize(ask(dev, text)).verdict;
  expect(verdict("delete pods default/p")).toBe("noOpinion");
  clusterRoles.upsert(role("reader", [{ verbs: ["*"], apiGroups: [""], resources: ["pods"] }]));
  expect(verdict("delete pods default/p")).toBe("allow");
  bindings.upsert(
    binding("new", { kind: "Role", name: "cm" }, [{ kind: "User", name: "ann" }], "dev"),
  );
  expect(verdict("get configmaps dev/c")).toBe("allow");
  bindings.remove(binding("new", { kind: "Role", name: "cm" }, [], "dev"));
  expect(verdict("get configmaps dev/c")).toBe("noOpinion");
  clusterBindings.replace([]);
  expect(verdict("get pods default/p")).toBe("noOpinion");
});

test("system:masters may do everything, and reasons of refusals are gathered", async () => {
  const { authorizer } = world();
  const union = createAuthorizerUnion([mastersAuthorizer, authorizer]);
  expect(
    await union.authorize(ask(user("root", "system:masters"), "delete nodes /n1")),
  ).toMatchObject({
    verdict: "allow",
  });
  expect(await union.authorize(ask(dev, "delete nodes /n1"))).toEqual({
    verdict: "noOpinion",
    reason: "",
  });
});

test("the rules a user has are listed, those of the namespace behind the cluster-wide ones", () => {
  const { authorizer } = world();
  expect(authorizer.rulesFor(bob, "dev")).toEqual({
    resourceRules: [
      { verbs: ["update"], apiGroups: ["*"], resources: ["*/scale"] },
      { verbs: ["get", "list"], apiGroups: [""], resources: ["secrets"], resourceNames: ["s1"] },
    ],
    nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/metrics/*"] }],
    incomplete: false,
    errors: [],
  });
});

function bootstrapped(): RbacAuthorizer {
  const index = new RbacIndex();
  const policy = bootstrapPolicy();
  index.roleFeed(true).replace(policy.clusterRoles);
  index.bindingFeed(true).replace(policy.clusterRoleBindings);
  index.roleFeed(false).replace(policy.roles);
  index.bindingFeed(false).replace(policy.roleBindings);
  return new RbacAuthorizer(index);
}

test.each([
  ["system:kube-scheduler", [], "create pods/binding default/p", true],
  ["system:kube-scheduler", [], "create events.events.k8s.io default/e", true],
  [
    "system:kube-scheduler",
    [],
    "update leases.coordination.k8s.io kube-system/kube-scheduler",
    true,
  ],
  ["system:kube-scheduler", [], "get secrets default/s", false],
  ["system:kube-controller-manager", [], "list pods", true],
  ["system:kube-controller-manager", [], "create serviceaccounts/token kube-system/x", true],
  ["system:serviceaccount:kube-system:replicaset-controller", [], "create pods default/p", true],
  ["kubernetes-admin", ["kubeadm:cluster-admins"], "delete nodes /n1", true],
  ["system:anonymous", ["system:unauthenticated"], "get /version", true],
  ["system:anonymous", ["system:unauthenticated"], "get /metrics", false],
  ["jane", ["system:authenticated"], "create selfsubjectaccessreviews.authorization.k8s.io", true],
  ["jane", ["system:authenticated"], "list pods default", false],
] as const)("with the bootstrap policy, %s in %j: %s → %s", (name, groups, text, allowed) => {
  const decision = bootstrapped().authorize(ask(user(name, ...groups), text));
  expect(decision.verdict === "allow").toBe(allowed);
});

test("the aggregated roles have their rules from the beginning", () => {
  const roles = new Map(bootstrapPolicy().clusterRoles.map((each) => [each.metadata.name, each]));
  for (const name of ["view", "edit", "admin"]) {
    expect(roles.get(name)?.rules?.length, name).toBeGreaterThan(10);
    expect(roles.get(name)?.aggregationRule).toBeDefined();
  }
  const admin = JSON.stringify(roles.get("admin")?.rules);
  for (const rule of roles.get("view")?.rules ?? []) expect(admin).toContain(JSON.stringify(rule));
});
