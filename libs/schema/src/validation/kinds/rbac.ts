/** Upstream: pkg/apis/rbac/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { dns1123Subdomain, pathSegment } from "../formats.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateLabelSelector } from "../object-meta.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { KindEntry } from "../table/kind-from-table.ts";

const GROUP = "rbac.authorization.k8s.io";
const RULES = Path.of("rules");
const ROLE_REF = Path.of("roleRef");
const SELECTORS = Path.of("aggregationRule", "clusterRoleSelectors");
const SUBJECT_KINDS: readonly string[] = ["ServiceAccount", "User", "Group"];

function validateRules(role: JsonObject, isNamespaced: boolean, problems: Problems): void {
  itemsAt(role, "rules").forEach((rule, i) => {
    validateRule(rule, RULES.index(i), isNamespaced, problems);
  });
}

function validateRule(rule: JsonObject, at: Path, isNamespaced: boolean, problems: Problems): void {
  const has = (field: string) => textsAt(rule, field).length > 0;
  if (!has("verbs")) problems.required(at.child("verbs"), "verbs must contain at least one value");
  if (has("nonResourceURLs")) {
    const here = at.child("nonResourceURLs");
    if (isNamespaced) {
      const detail = "namespaced rules cannot apply to non-resource URLs";
      problems.invalid(here, rule.nonResourceURLs, detail);
    }
    if (has("apiGroups") || has("resources") || has("resourceNames")) {
      const detail = "rules cannot apply to both regular resources and non-resource URLs";
      problems.invalid(here, rule.nonResourceURLs, detail);
    }
    return;
  }
  if (!has("apiGroups")) {
    problems.required(at.child("apiGroups"), "resource rules must supply at least one api group");
  }
  if (!has("resources")) {
    problems.required(at.child("resources"), "resource rules must supply at least one resource");
  }
}

function validateAggregation(role: JsonObject, problems: Problems): void {
  const aggregation = objectAt(role, "aggregationRule");
  if (aggregation === undefined) return;
  const selectors = itemsAt(aggregation, "clusterRoleSelectors");
  if (selectors.length === 0) {
    const detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
    problems.required(SELECTORS, detail);
  }
  selectors.forEach((selector, i) => {
    validateLabelSelector(selector, SELECTORS.index(i), problems);
  });
}

function validateBinding(
  binding: JsonObject,
  roleKinds: readonly string[],
  isNamespaced: boolean,
  problems: Problems,
): void {
  const role = objectAt(binding, "roleRef");
  const group = textAt(role, "apiGroup");
  if (group !== GROUP) problems.notSupported(ROLE_REF.child("apiGroup"), group, [GROUP]);
  const kind = textAt(role, "kind");
  if (!roleKinds.includes(kind)) problems.notSupported(ROLE_REF.child("kind"), kind, roleKinds);
  const name = textAt(role, "name");
  if (name === "") problems.required(ROLE_REF.child("name"));
  else problems.invalidEach(ROLE_REF.child("name"), name, pathSegment(name));
  itemsAt(binding, "subjects").forEach((subject, i) => {
    validateSubject(subject, Path.of("subjects").index(i), isNamespaced, problems);
  });
}

function validateSubject(
  subject: JsonObject,
  at: Path,
  isNamespaced: boolean,
  problems: Problems,
): void {
  const name = textAt(subject, "name");
  const kind = textAt(subject, "kind");
  const group = textAt(subject, "apiGroup");
  if (name === "") problems.required(at.child("name"));
  switch (kind) {
    case "ServiceAccount":
      if (name !== "") problems.invalidEach(at.child("name"), name, dns1123Subdomain(name));
      if (group !== "") problems.notSupported(at.child("apiGroup"), group, [""]);
      if (!isNamespaced && textAt(subject, "namespace") === "")
        problems.required(at.child("namespace"));
      return;
    case "User":
    case "Group":
      if (group !== GROUP) problems.notSupported(at.child("apiGroup"), group, [GROUP]);
      return;
    default:
      problems.notSupported(at.child("kind"), kind, SUBJECT_KINDS);
  }
}

function bindingRules(roleKinds: readonly string[], isNamespaced: boolean): KindRules {
  return {
    create: (binding, problems) => validateBinding(binding, roleKinds, isNamespaced, problems),
    change(binding, old, problems) {
      if (semanticEqual(binding.roleRef, old.roleRef)) return;
      const role = objectAt(binding, "roleRef");
      // As Go writes its internal type.
      const shown = {
        APIGroup: textAt(role, "apiGroup"),
        Kind: textAt(role, "kind"),
        Name: textAt(role, "name"),
      };
      problems.invalid(ROLE_REF, shown, "cannot change roleRef");
    },
  };
}

const clusterRoleRules: KindRules = {
  create(role, problems) {
    validateRules(role, false, problems);
    validateAggregation(role, problems);
  },
};

export const RBAC_RULES: readonly KindEntry[] = [
  [`${GROUP}/v1.Role`, { create: (role, problems) => validateRules(role, true, problems) }],
  [`${GROUP}/v1.ClusterRole`, clusterRoleRules],
  [`${GROUP}/v1.RoleBinding`, bindingRules(["Role", "ClusterRole"], true)],
  [`${GROUP}/v1.ClusterRoleBinding`, bindingRules(["ClusterRole"], false)],
];
