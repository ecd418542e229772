/**
 * The roles and bindings that a cluster has from its first moment. The data is in `bootstrap-policy.json`; aggregated
 * roles have their rules filled in, so that they are right before any controller runs.
 *
 * Upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go @1.36
 */
import type {
  AggregationRule,
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from "@kubets/api/rbac/v1";
import data from "./bootstrap-policy.json" with { type: "json" };

export interface BootstrapPolicy {
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
}

interface NamedData {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string | undefined>>;
}

interface RoleData extends NamedData {
  readonly aggregationRule?: AggregationRule;
  readonly rules: PolicyRule[];
}

interface BindingData extends NamedData {
  readonly roleRef: RoleRef;
  readonly subjects: Subject[];
}

const API_VERSION = "rbac.authorization.k8s.io/v1";
/** A role or binding whose annotation says "false" is left alone. */
export const AUTOUPDATE_ANNOTATION = "rbac.authorization.kubernetes.io/autoupdate";

/** New objects at each call, without resourceVersion. Namespaced ones need kube-system and kube-public to be there. */
export function bootstrapPolicy(): BootstrapPolicy {
  const clusterRoles: readonly RoleData[] = data.clusterRoles;
  const clusterRoleBindings: readonly BindingData[] = data.clusterRoleBindings;
  const roles: readonly RoleData[] = data.roles;
  const roleBindings: readonly BindingData[] = data.roleBindings;
  return structuredClone({
    clusterRoles: clusterRoles.map((role) => ({
      apiVersion: API_VERSION,
      kind: "ClusterRole",
      metadata: metadataOf(role),
      ...(role.aggregationRule === undefined ? {} : { aggregationRule: role.aggregationRule }),
      rules: role.rules,
    })),
    clusterRoleBindings: [...clusterRoleBindings, clusterAdmins].map((binding) =>
      bindingOf("ClusterRoleBinding", binding),
    ),
    roles: roles.map((role) => ({
      apiVersion: API_VERSION,
      kind: "Role",
      metadata: metadataOf(role),
      rules: role.rules,
    })),
    roleBindings: roleBindings.map((binding) => bindingOf("RoleBinding", binding)),
  });
}

/**
 * The group of those who run the cluster, among them the apiserver when it calls kubelets. Upstream's kubeadm makes
 * this binding; ours has to be there before anybody can ask for it.
 *
 * Upstream: cmd/kubeadm/app/constants/constants.go ClusterAdminsGroupAndClusterRoleBinding @1.36
 */
const clusterAdmins: BindingData = {
  name: "kubeadm:cluster-admins",
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [
    { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "kubeadm:cluster-admins" },
  ],
};

/** What the Node authorizer grants to every node: the rules of the role `system:node`. */
export function nodeRules(): readonly PolicyRule[] {
  const roles: readonly RoleData[] = data.clusterRoles;
  return roles.find((role) => role.name === "system:node")?.rules ?? [];
}

function bindingOf(kind: string, binding: BindingData) {
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: metadataOf(binding),
    roleRef: binding.roleRef,
    subjects: binding.subjects,
  };
}

function metadataOf({ name, namespace, labels = {} }: NamedData) {
  const own = Object.entries(labels).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined;
  });
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...Object.fromEntries(own) },
    annotations: { [AUTOUPDATE_ANNOTATION]: "true" },
  };
}
