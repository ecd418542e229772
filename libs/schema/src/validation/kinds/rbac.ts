/** Upstream: pkg/apis/rbac/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, itemsAt, textAt } from "../../json-fields.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

function validateRole(role: JsonObject, problems: Problems): void {
  itemsAt(role, "rules").forEach((rule, i) => {
    if (isZero(rule.nonResourceURLs)) return;
    const at = Path.of("rules").index(i).child("nonResourceURLs");
    const detail = "namespaced rules cannot apply to non-resource URLs";
    problems.invalid(at, rule.nonResourceURLs, detail);
  });
}

function validateClusterRoleBinding(binding: JsonObject, problems: Problems): void {
  itemsAt(binding, "subjects").forEach((subject, i) => {
    if (textAt(subject, "kind") === "ServiceAccount" && textAt(subject, "namespace") === "") {
      problems.required(Path.of("subjects").index(i).child("namespace"));
    }
  });
}

export const RBAC_RULES: readonly KindEntry[] = [
  kindFromTable("rbac.authorization.k8s.io/v1.Role", { create: validateRole }),
  kindFromTable("rbac.authorization.k8s.io/v1.ClusterRole"),
  kindFromTable("rbac.authorization.k8s.io/v1.RoleBinding"),
  kindFromTable("rbac.authorization.k8s.io/v1.ClusterRoleBinding", {
    create: validateClusterRoleBinding,
  }),
];
