import type { Pod } from "@kubets/api/core/v1";

/**
 * What a status or condition that speaks of this version of the pod carries.
 *
 * Upstream: pkg/api/v1/pod/util.go CalculatePodConditionObservedGeneration @1.36
 */
export function observedGeneration({ metadata }: Pod): { readonly observedGeneration?: number } {
  return metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
}
