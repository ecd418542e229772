/**
 * Which objects a quota with scopes counts: only pods can be told apart by scope.
 *
 * Upstream: pkg/quota/v1/evaluator/core/pods.go podMatchesScopeFunc @1.36
 */
import type {
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from "../gen/types/core/v1.ts";
import type { KubeObject } from "../object.ts";
import { qosClass } from "./qos-class.ts";

export function quotaCounts(quota: ResourceQuota, object: KubeObject): boolean {
  const scopes: ScopedResourceSelectorRequirement[] = [
    ...(quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })),
    ...(quota.spec?.scopeSelector?.matchExpressions ?? []),
  ];
  return scopes.every((scope) => isPod(object) && podIsIn(object, scope));
}

function isPod(object: KubeObject): object is Pod {
  return object.kind === "Pod" && object.apiVersion === "v1";
}

function podIsIn(
  pod: Pod,
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
) {
  switch (scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return qosClass(pod) === "BestEffort";
    case "NotBestEffort":
      return qosClass(pod) !== "BestEffort";
    case "PriorityClass": {
      const name = pod.spec?.priorityClassName ?? "";
      if (operator === "Exists") return name !== "";
      if (operator === "DoesNotExist") return name === "";
      return operator === "In" ? values.includes(name) : !values.includes(name);
    }
    case "CrossNamespacePodAffinity":
      return reachesOtherNamespaces(pod);
    default:
      return false;
  }
}

/** It ends by itself some time. */
function isTerminating({ spec }: Pod): boolean {
  return spec?.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
}

function reachesOtherNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms: PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(
    (term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined,
  );
}
