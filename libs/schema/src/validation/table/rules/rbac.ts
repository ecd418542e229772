/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules, TableRule } from "../table-rule.ts";

export const RBAC_KINDS: Readonly<Record<string, PhaseRules>> = {
  "rbac.authorization.k8s.io/v1.ClusterRole": {
    create: [
      {
        field: "aggregationRule.clusterRoleSelectors",
        check: "required",
        when: { exists: "aggregationRule" },
      },
      { field: "aggregationRule.clusterRoleSelectors", each: "item", check: "labelSelector" },
    ],
  },
  "rbac.authorization.k8s.io/v1.RoleBinding": {
    create: [
      { field: "roleRef.apiGroup", check: "enum", args: ["rbac.authorization.k8s.io"] },
      { field: "roleRef.kind", check: "enum", args: ["Role", "ClusterRole"] },
      { field: "roleRef.name", check: "required" },
      { field: "roleRef.name", check: "pathSegment" },
    ],
    update: [{ field: "roleRef", check: "immutable", detail: "cannot change roleRef" }],
  },
  "rbac.authorization.k8s.io/v1.ClusterRoleBinding": {
    create: [
      { field: "roleRef.apiGroup", check: "enum", args: ["rbac.authorization.k8s.io"] },
      { field: "roleRef.kind", check: "enum", args: ["ClusterRole"] },
      { field: "roleRef.name", check: "required" },
      { field: "roleRef.name", check: "pathSegment" },
    ],
    update: [{ field: "roleRef", check: "immutable", detail: "cannot change roleRef" }],
  },
};

export const RBAC_MESSAGES: Readonly<Record<string, readonly TableRule[]>> = {
  "k8s.io.api.rbac.v1.PolicyRule": [
    { field: "verbs", check: "required", detail: "verbs must contain at least one value" },
    {
      field: "nonResourceURLs",
      check: "exclusive",
      args: ["apiGroups", "resources", "resourceNames"],
      detail: "rules cannot apply to both regular resources and non-resource URLs",
    },
    {
      field: "apiGroups",
      check: "required",
      when: { empty: "nonResourceURLs" },
      detail: "resource rules must supply at least one api group",
    },
    {
      field: "resources",
      check: "required",
      when: { empty: "nonResourceURLs" },
      detail: "resource rules must supply at least one resource",
    },
  ],
  "k8s.io.api.rbac.v1.Subject": [
    { field: "name", check: "required" },
    { field: "kind", check: "enum", args: ["ServiceAccount", "User", "Group"] },
    { field: "name", check: "dns1123Subdomain", when: { is: { kind: ["ServiceAccount"] } } },
    {
      field: "apiGroup",
      check: "enum",
      args: [""],
      when: { is: { kind: ["ServiceAccount"] }, set: "" },
    },
    {
      field: "apiGroup",
      check: "enum",
      args: ["rbac.authorization.k8s.io"],
      when: { is: { kind: ["User", "Group"] } },
    },
  ],
};
