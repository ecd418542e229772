/**
 * The rules of a cluster role that takes in others by their labels.
 *
 * Upstream: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go @1.36
 */
import type { LabelSelector } from "@kubets/api/meta/v1";
import type { ClusterRole, PolicyRule } from "@kubets/api/rbac/v1";

/** Each rule once, in the order of the roles' names within each selector. */
export function aggregateRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const seen = new Set<string>();
  const byName = all.toSorted((a, b) => compare(a.metadata.name ?? "", b.metadata.name ?? ""));
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name) continue;
      if (!selects(selector, other.metadata.labels ?? {})) continue;
      for (const rule of other.rules ?? []) {
        const key = JSON.stringify(rule);
        if (seen.has(key)) continue;
        seen.add(key);
        rules.push(rule);
      }
    }
  }
  return rules;
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const has = (key: string) => Object.hasOwn(labels, key);
  const wanted = Object.entries(selector.matchLabels ?? {});
  if (!wanted.every(([key, value]) => has(key) && labels[key] === value)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    switch (operator) {
      case "In":
        return has(key) && values.includes(labels[key] ?? "");
      case "NotIn":
        return !has(key) || !values.includes(labels[key] ?? "");
      case "Exists":
        return has(key);
      case "DoesNotExist":
        return !has(key);
      default:
        return false;
    }
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
