/**
 * matchLabelKeys and mismatchLabelKeys become requirements of the term's own selector, with the values
 * that the pod's labels have when it is created.
 *
 * Upstream: pkg/registry/core/pod/strategy.go mutatePodAffinity, mutateTopologySpreadConstraints @1.36
 */
import type {
  Affinity,
  PodAffinity,
  PodAffinityTerm,
  PodSpec,
  TopologySpreadConstraint,
} from "@kubets/api/core/v1";
import type { LabelSelector } from "@kubets/api/meta/v1";

interface Labels {
  readonly [key: string]: string;
}

/** The same spec when there is nothing to do. */
export function matchLabelKeysOf(spec: PodSpec, labels: Labels): PodSpec {
  const { affinity, topologySpreadConstraints } = spec;
  if (affinity === undefined && topologySpreadConstraints === undefined) return spec;
  return {
    ...spec,
    ...(affinity && { affinity: inAffinity(affinity, labels) }),
    ...(topologySpreadConstraints && {
      topologySpreadConstraints: topologySpreadConstraints.map((one) => inConstraint(one, labels)),
    }),
  };
}

function inAffinity(affinity: Affinity, labels: Labels): Affinity {
  const { podAffinity, podAntiAffinity } = affinity;
  return {
    ...affinity,
    ...(podAffinity && { podAffinity: inPodAffinity(podAffinity, labels) }),
    ...(podAntiAffinity && { podAntiAffinity: inPodAffinity(podAntiAffinity, labels) }),
  };
}

/** Affinity and anti-affinity have the same fields. */
function inPodAffinity(affinity: PodAffinity, labels: Labels): PodAffinity {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: required,
    preferredDuringSchedulingIgnoredDuringExecution: preferred,
  } = affinity;
  return {
    ...affinity,
    ...(required && {
      requiredDuringSchedulingIgnoredDuringExecution: required.map((term) => inTerm(term, labels)),
    }),
    ...(preferred && {
      preferredDuringSchedulingIgnoredDuringExecution: preferred.map((weighted) => ({
        ...weighted,
        podAffinityTerm: inTerm(weighted.podAffinityTerm, labels),
      })),
    }),
  };
}

function inTerm(term: PodAffinityTerm, labels: Labels): PodAffinityTerm {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  if (labelSelector === undefined) return term;
  const withMatches = withRequirements(labelSelector, labels, {
    keys: matchLabelKeys,
    operator: "In",
  });
  const selector = withRequirements(withMatches, labels, {
    keys: mismatchLabelKeys,
    operator: "NotIn",
  });
  return selector === labelSelector ? term : { ...term, labelSelector: selector };
}

function inConstraint(
  constraint: TopologySpreadConstraint,
  labels: Labels,
): TopologySpreadConstraint {
  const { labelSelector, matchLabelKeys = [] } = constraint;
  if (labelSelector === undefined) return constraint;
  const selector = withRequirements(labelSelector, labels, {
    keys: matchLabelKeys,
    operator: "In",
  });
  return selector === labelSelector ? constraint : { ...constraint, labelSelector: selector };
}

function withRequirements(
  selector: LabelSelector,
  labels: Labels,
  { keys, operator }: { readonly keys: readonly string[]; readonly operator: "In" | "NotIn" },
): LabelSelector {
  const added = keys
    .filter((key) => Object.hasOwn(labels, key))
    .map((key) => ({ key, operator, values: [labels[key] ?? ""] }));
  if (added.length === 0) return selector;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] };
}
