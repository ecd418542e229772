/**
 * Whose an object is: a controller keeps what it controls and its selector matches, lets go what no longer matches,
 * and adopts matching orphans.
 *
 * Upstream: pkg/controller/controller_ref_manager.go ClaimObject @1.36
 */
import { controllerOf, type KubeObject, type LabelSelectorMatcher } from "@kubets/api";

export interface ClaimPlan<T> {
  readonly keep: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

export interface Claimant {
  readonly owner: KubeObject;
  readonly selector: LabelSelectorMatcher;
}

export function planClaim<T extends KubeObject>(
  { owner, selector }: Claimant,
  candidates: readonly T[],
  isAdoptable: (candidate: T) => boolean = () => true,
): ClaimPlan<T> {
  const keep: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  const isOwnerEnding = owner.metadata.deletionTimestamp !== undefined;
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    const matches = selector.matches(candidate.metadata.labels);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches) keep.push(candidate);
      else if (!isOwnerEnding) release.push(candidate);
      continue;
    }
    if (isOwnerEnding || !matches || !isAdoptable(candidate)) continue;
    if (candidate.metadata.deletionTimestamp !== undefined) continue;
    if (candidate.metadata.namespace !== owner.metadata.namespace) continue;
    adopt.push(candidate);
  }
  return { keep, adopt, release };
}
