/**
 * What a start writes so that the cluster has at least the bootstrap policy. Nothing is taken away: what operators
 * added stays, and what carries the autoupdate annotation "false" is left alone.
 *
 * Upstream: staging/src/k8s.io/component-helpers/auth/rbac/reconciliation/reconcile_{role,rolebindings}.go @1.36
 */
import type { PolicyRule, Subject } from "@kubets/api/rbac/v1";
import { AUTOUPDATE_ANNOTATION } from "./bootstrap-policy.ts";
import { missingRules } from "./escalation.ts";
import type { RbacBinding, RbacRole } from "./rbac-index.ts";

export type PolicyStep<T> =
  | { readonly action: "none" }
  | { readonly action: "create"; readonly object: T }
  | { readonly action: "update"; readonly object: T }
  /** A binding's role cannot be changed: delete the old one, create this one. */
  | { readonly action: "replace"; readonly object: T };

export function planRole<T extends RbacRole>(expected: T, existing: T | undefined): PolicyStep<T> {
  if (existing === undefined) return { action: "create", object: expected };
  if (isProtected(existing)) return { action: "none" };
  const metadata = mergedMetadata(expected, existing);
  const aggregation = aggregationStep(expected, existing);
  // The rules of an aggregated role are the controller's affair once it exists.
  const missing: PolicyRule[] =
    aggregation.aggregated || existing.rules === undefined
      ? []
      : missingRules(existing.rules, expected.rules ?? []);
  const lost = existing.rules === undefined && !aggregation.aggregated;
  if (metadata === undefined && missing.length === 0 && !aggregation.changed && !lost) {
    return { action: "none" };
  }
  return {
    action: "update",
    object: {
      ...existing,
      metadata: metadata ?? existing.metadata,
      ...(aggregation.changed ? { aggregationRule: aggregation.rule } : {}),
      ...(missing.length > 0 ? { rules: [...(existing.rules ?? []), ...missing] } : {}),
      ...(lost ? { rules: expected.rules ?? [] } : {}),
    },
  };
}

export function planBinding<T extends RbacBinding>(
  expected: T,
  existing: T | undefined,
): PolicyStep<T> {
  if (existing === undefined) return { action: "create", object: expected };
  if (isProtected(existing)) return { action: "none" };
  const { roleRef } = existing;
  if (roleRef.kind !== expected.roleRef.kind || roleRef.name !== expected.roleRef.name) {
    return { action: "replace", object: expected };
  }
  const metadata = mergedMetadata(expected, existing);
  const held = new Set((existing.subjects ?? []).map(subjectKey));
  const missing = (expected.subjects ?? []).filter((subject) => !held.has(subjectKey(subject)));
  if (metadata === undefined && missing.length === 0) return { action: "none" };
  return {
    action: "update",
    object: {
      ...existing,
      metadata: metadata ?? existing.metadata,
      subjects: [...(existing.subjects ?? []), ...missing],
    },
  };
}

function isProtected(object: RbacRole | RbacBinding): boolean {
  return object.metadata.annotations?.[AUTOUPDATE_ANNOTATION] === "false";
}

/** Undefined: labels and annotations have all that is expected. What exists wins over what is expected. */
function mergedMetadata(expected: RbacRole | RbacBinding, existing: RbacRole | RbacBinding) {
  const labels = { ...expected.metadata.labels, ...existing.metadata.labels };
  const annotations = { ...expected.metadata.annotations, ...existing.metadata.annotations };
  const same =
    Object.keys(labels).length === Object.keys(existing.metadata.labels ?? {}).length &&
    Object.keys(annotations).length === Object.keys(existing.metadata.annotations ?? {}).length;
  return same ? undefined : { ...existing.metadata, labels, annotations };
}

function aggregationStep(expected: RbacRole, existing: RbacRole) {
  const wanted = "aggregationRule" in expected ? expected.aggregationRule : undefined;
  const found = "aggregationRule" in existing ? existing.aggregationRule : undefined;
  const have = new Set((found?.clusterRoleSelectors ?? []).map((each) => JSON.stringify(each)));
  const missing = (wanted?.clusterRoleSelectors ?? []).filter(
    (each) => !have.has(JSON.stringify(each)),
  );
  return {
    aggregated: wanted !== undefined,
    changed: missing.length > 0,
    rule: { clusterRoleSelectors: [...(found?.clusterRoleSelectors ?? []), ...missing] },
  };
}

function subjectKey({ kind, name, namespace = "" }: Subject): string {
  return `${kind}/${namespace}/${name}`;
}
