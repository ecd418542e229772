/**
 * Writes `src/rbac/bootstrap-policy.json` from the fact tables beside the repository. Run by hand when the tables change:
 * `node tools/write-bootstrap-policy.ts`; the result is ours and is read at run time.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "@kubets/api/rbac/v1";
import { load } from "js-yaml";
import { aggregateRules } from "../src/rbac/aggregation.ts";

const FACTS = new URL("../../../../shared/kubernetes-1.36/rbac-bootstrap/", import.meta.url);
const TARGET = new URL("../src/rbac/bootstrap-policy.json", import.meta.url);
const COMMON_LABEL = "kubernetes.io/bootstrapping";

function items<T extends ClusterRole | ClusterRoleBinding | Role | RoleBinding>(
  ...files: string[]
): T[] {
  return files.flatMap((file) => {
    const list = load(readFileSync(new URL(file, FACTS), "utf8")) as { items: T[] };
    return list.items;
  });
}

const clusterRoles = items<ClusterRole>("cluster-roles.yaml", "controller-roles.yaml");
const policy = {
  clusterRoles: clusterRoles.map((role) => ({
    ...named(role),
    ...(role.aggregationRule === undefined ? {} : { aggregationRule: role.aggregationRule }),
    rules: role.aggregationRule === undefined ? (role.rules ?? []) : expanded(role, 0),
  })),
  clusterRoleBindings: items<ClusterRoleBinding>(
    "cluster-role-bindings.yaml",
    "controller-role-bindings.yaml",
  ).map(binding),
  roles: items<Role>("namespace-roles.yaml").map((role) => ({
    ...named(role),
    rules: role.rules ?? [],
  })),
  roleBindings: items<RoleBinding>("namespace-role-bindings.yaml").map(binding),
};

/** admin takes in edit, which takes in view: the ones taken in are expanded first. */
function expanded(role: ClusterRole, depth: number): ClusterRole["rules"] {
  if (depth > 5) throw new Error("aggregation goes round in a circle");
  const inner = clusterRoles
    .filter((other) => other !== role)
    .map((other) =>
      other.aggregationRule === undefined || depth > 3
        ? other
        : { ...other, rules: expanded(other, depth + 1) ?? [] },
    );
  return aggregateRules(role, inner);
}

function named({ metadata }: ClusterRole | Role | ClusterRoleBinding | RoleBinding) {
  const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => key !== COMMON_LABEL);
  return {
    name: metadata.name ?? "",
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
  };
}

function binding(object: ClusterRoleBinding | RoleBinding) {
  return { ...named(object), roleRef: object.roleRef, subjects: object.subjects ?? [] };
}

writeFileSync(TARGET, `${JSON.stringify(policy, undefined, 2)}\n`);
