/**
 * Whether one rule covers one request.
 *
 * Upstream: pkg/apis/rbac/v1/evaluation_helpers.go @1.36
 */
import type { PolicyRule } from "@kubets/api/rbac/v1";
import type { Attributes } from "../authorizer.ts";

const ALL = "*";

export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!attributes.isResourceRequest) {
    return verbMatches(rule, attributes.verb) && pathMatches(rule, attributes.path);
  }
  return ruleCoversResource(rule, attributes) && nameMatches(rule, attributes.name);
}

/** Everything but the resource name. */
export function ruleCoversResource(rule: PolicyRule, attributes: Attributes): boolean {
  return (
    verbMatches(rule, attributes.verb) &&
    groupMatches(rule, attributes.apiGroup) &&
    resourceMatches(rule, attributes.resource, attributes.subresource)
  );
}

export function verbMatches(rule: PolicyRule, verb: string): boolean {
  return rule.verbs.includes(ALL) || rule.verbs.includes(verb);
}

export function groupMatches(rule: PolicyRule, group: string): boolean {
  const groups = rule.apiGroups ?? [];
  return groups.includes(ALL) || groups.includes(group);
}

/** "pods" alone never matches a subresource; a star before the slash matches that subresource of everything. */
export function resourceMatches(rule: PolicyRule, resource: string, subresource: string): boolean {
  const resources = rule.resources ?? [];
  if (resources.includes(ALL)) return true;
  if (subresource === "") return resources.includes(resource);
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

export function nameMatches(rule: PolicyRule, name: string): boolean {
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name);
}

export function pathMatches(rule: PolicyRule, path: string): boolean {
  return (rule.nonResourceURLs ?? []).some(
    (each) =>
      each === ALL ||
      each === path ||
      (each.endsWith(ALL) && path.startsWith(each.replace(/\*+$/, ""))),
  );
}
