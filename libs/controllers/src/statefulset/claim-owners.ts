/**
 * Who owns a claim, by the retention policy: the set, so that it goes with the set; the pod when that is one too many,
 * so that it goes with the pod; or nobody.
 *
 * Upstream: pkg/controller/statefulset/stateful_set_utils.go isClaimOwnerUpToDate, updateClaimOwnerRefForSetAndPod @1.36
 */
import type { StatefulSet } from "@kubets/api/apps/v1";
import type { Pod } from "@kubets/api/core/v1";
import type { OwnerReference } from "@kubets/api/meta/v1";

export interface ClaimOwners {
  /** The same list where nothing has to change. */
  readonly owners: readonly OwnerReference[];
  /** Somebody else controls it, so that the policy does not hold. */
  readonly isConflicting: boolean;
}

const POD = { apiVersion: "v1", kind: "Pod" };
const SET = { apiVersion: "apps/v1", kind: "StatefulSet" };

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** `isScaledDown`: the pod's ordinal is not one of the set's. Without a pod: the claim of one that is to come. */
export function claimOwners(
  set: StatefulSet,
  pod: Pod | undefined,
  isScaledDown: boolean,
  present: readonly OwnerReference[],
): ClaimOwners {
  const { whenDeleted = "Retain", whenScaled = "Retain" } =
    set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  const ofSet = ownerOf(SET, set.metadata);
  const ofPod = pod === undefined ? undefined : ownerOf(POD, pod.metadata);
  const mine = ofPod === undefined ? [ofSet] : [ofSet, ofPod];
  const isNamed = (reference: OwnerReference) => mine.some((owner) => isNameOf(owner, reference));
  const hasPolicy = whenDeleted !== "Retain" || whenScaled !== "Retain";
  // One of the same name came before: the garbage collector decides about its claims.
  const isStale = present.some(
    (reference) => isNamed(reference) && !mine.some(({ uid }) => uid === reference.uid),
  );
  const isControlled = present.some(
    (reference) => reference.controller === true && !isNamed(reference),
  );
  const isConflicting = hasPolicy && (isStale || isControlled);
  if (isStale) return { owners: present, isConflicting };
  const others = present.filter((reference) => !isNamed(reference));
  if (isConflicting) {
    return { owners: others.length === present.length ? present : others, isConflicting };
  }
  const goesWithPod = isScaledDown && whenScaled === "Delete";
  const wanted = goesWithPod ? ofPod : whenDeleted === "Delete" ? ofSet : undefined;
  const owners =
    wanted === undefined
      ? others
      : [...others, { ...wanted, controller: true, blockOwnerDeletion: true }];
  return { owners: isSameOwners(present, owners) ? present : owners, isConflicting };
}

/** Whether a former pod of this name still holds the claim, which will go with it. */
export function isClaimStale(
  set: StatefulSet,
  pod: Pod,
  present: readonly OwnerReference[],
): boolean {
  const whenScaled = set.spec?.persistentVolumeClaimRetentionPolicy?.whenScaled ?? "Retain";
  if (whenScaled === "Retain") return false;
  const owner = ownerOf(POD, pod.metadata);
  return present.some((reference) => isNameOf(owner, reference) && reference.uid !== owner.uid);
}

function ownerOf(
  type: { readonly apiVersion: string; readonly kind: string },
  metadata: { readonly name?: string | undefined; readonly uid?: string | undefined },
): Owner {
  return { ...type, name: metadata.name ?? "", uid: metadata.uid ?? "" };
}

function isNameOf(owner: Owner, { apiVersion, kind, name }: OwnerReference): boolean {
  return owner.apiVersion === apiVersion && owner.kind === kind && owner.name === name;
}

function isSameOwners(a: readonly OwnerReference[], b: readonly OwnerReference[]): boolean {
  const isIn = (reference: OwnerReference) =>
    b.some(({ uid, controller }) => uid === reference.uid && controller === reference.controller);
  return a.length === b.length && a.every(isIn);
}
