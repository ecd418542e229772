import { type LabelSelectorMatcher, labelSelectorFrom } from "@kubets/api";
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from "@kubets/api/core/v1";
import type { PodInfo } from "../../cluster/pod-info.ts";

/** The labels of a namespace, for terms that select namespaces. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined;

/** A term of a pod's affinity, ready to be asked. */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly weight: number;
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: LabelSelectorMatcher;
  readonly selector: LabelSelectorMatcher;
}

export interface AffinityTerms {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly AffinityTerm[];
  readonly preferredAntiAffinity: readonly AffinityTerm[];
}

const NO_TERMS: AffinityTerms = {
  requiredAffinity: [],
  requiredAntiAffinity: [],
  preferredAffinity: [],
  preferredAntiAffinity: [],
};

/** Worked out once for each version of a pod. */
const cache = new WeakMap<Pod, AffinityTerms>();

export function affinityTerms({ pod, hasAffinity }: PodInfo): AffinityTerms {
  if (!hasAffinity) return NO_TERMS;
  const known = cache.get(pod);
  if (known !== undefined) return known;
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const own = pod.metadata.namespace ?? "";
  const required = (terms: readonly PodAffinityTerm[] = []) =>
    terms.map((term) => ready(term, 1, own));
  const preferred = (terms: readonly WeightedPodAffinityTerm[] = []) =>
    terms.map(({ weight, podAffinityTerm }) => ready(podAffinityTerm, weight, own));
  const terms: AffinityTerms = {
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(
      podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
    ),
  };
  cache.set(pod, terms);
  return terms;
}

function ready(term: PodAffinityTerm, weight: number, own: string): AffinityTerm {
  const { namespaces = [], namespaceSelector } = term;
  const isOwnOnly = namespaces.length === 0 && namespaceSelector === undefined;
  return {
    topologyKey: term.topologyKey,
    weight,
    namespaces: new Set(isOwnOnly ? [own] : namespaces),
    namespaceSelector: labelSelectorFrom(namespaceSelector),
    selector: labelSelectorFrom(term.labelSelector),
  };
}

export function termMatches(
  { namespaces, namespaceSelector, selector }: AffinityTerm,
  { namespace, labels }: PodInfo,
  namespaceLabels: NamespaceLabels,
): boolean {
  const isInNamespaces =
    namespaces.has(namespace) ||
    (!namespaceSelector.nothing && namespaceSelector.matches(namespaceLabels(namespace) ?? {}));
  return isInNamespaces && selector.matches(labels);
}
