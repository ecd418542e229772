/**
 * Nobody may grant what they do not have: checks for writes of roles and bindings.
 *
 * Upstream: pkg/registry/rbac/validation/rule.go ConfirmNoEscalation, policy_comparator.go Covers, policy_compact.go,
 * pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go @1.36
 */

import type { PolicyRule } from "@kubets/api/rbac/v1";
import type { UserInfo } from "@kubets/authn";
import { groupMatches, pathMatches, resourceMatches, verbMatches } from "./policy-rule.ts";

/** The text of the refusal, or undefined when the user has everything that `wanted` grants. */
export function findEscalation(options: {
  readonly user: UserInfo;
  readonly held: readonly PolicyRule[];
  readonly wanted: readonly PolicyRule[];
  readonly resolutionErrors: readonly string[];
}): string | undefined {
  const missing = missingRules(options.held, options.wanted);
  if (missing.length === 0) return undefined;
  const { user, resolutionErrors } = options;
  const descriptions = [...new Set(compactRules(missing).map(describeRule))].sort();
  const errors =
    resolutionErrors.length === 0 ? "" : `; resolution errors: [${resolutionErrors.join(" ")}]`;
  return `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${descriptions.join("\n")}${errors}`;
}

/** The atoms of `wanted` that no rule of `held` covers. */
export function missingRules(
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): PolicyRule[] {
  return wanted
    .flatMap((rule) => [...atoms(rule)])
    .filter((atom) => !held.some((rule) => covers(rule, atom)));
}

/** One verb on one resource of one group, or on one path. */
function* atoms(rule: PolicyRule): Generator<PolicyRule> {
  const names = rule.resourceNames ?? [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const atom = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (names.length === 0) yield atom;
        for (const name of names) yield { ...atom, resourceNames: [name] };
      }
    }
  }
  for (const path of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) yield { verbs: [verb], nonResourceURLs: [path] };
  }
}

function covers(held: PolicyRule, atom: PolicyRule): boolean {
  if (!verbMatches(held, atom.verbs[0] ?? "")) return false;
  const path = atom.nonResourceURLs?.[0];
  if (path !== undefined) return pathMatches(held, path);
  const [resource = "", subresource = ""] = splitResource(atom.resources?.[0] ?? "");
  if (!groupMatches(held, atom.apiGroups?.[0] ?? "")) return false;
  if (!resourceMatches(held, resource, subresource)) return false;
  const heldNames = held.resourceNames ?? [];
  if (heldNames.length === 0) return true;
  const name = atom.resourceNames?.[0];
  return name !== undefined && heldNames.includes(name);
}

function splitResource(resource: string): [string, string] {
  const slash = resource.indexOf("/");
  return slash < 0 ? [resource, ""] : [resource.slice(0, slash), resource.slice(slash + 1)];
}

/** Atoms that differ in the verb only become one rule. */
function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const byResource = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.nonResourceURLs !== undefined) {
      others.push(rule);
      continue;
    }
    const { verbs: _, ...what } = rule;
    const key = JSON.stringify(what);
    const before = byResource.get(key);
    byResource.set(key, { ...rule, verbs: [...(before?.verbs ?? []), ...rule.verbs] });
  }
  return [...byResource.values(), ...others];
}

/** Upstream: pkg/apis/rbac/v1/helpers.go CompactString @1.36 */
function describeRule(rule: PolicyRule): string {
  const parts = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ] as const;
  const shown = parts.flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [`${name}:${quoted(values)}`],
  );
  return `{${shown.join(", ")}}`;
}

function quoted(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
