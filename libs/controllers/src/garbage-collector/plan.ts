/**
 * What to do with one object, once the state of each of its owners is known.
 *
 * Upstream: pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem @1.36
 */
import type { OwnerReference } from "@kubets/api/meta/v1";
import {
  FOREGROUND_FINALIZER,
  type GraphNode,
  isDeletingDependents,
  ORPHAN_FINALIZER,
} from "./graph.ts";

export type OwnerState = "solid" | "absent" | "waitingForDependents";

export interface OwnerWithState {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

export type PropagationPolicy = "Orphan" | "Background" | "Foreground";

export type DeletePlan =
  | { readonly action: "keep" }
  /** Its dependents that block are gone: let it go. */
  | { readonly action: "releaseForeground" }
  /** It waits for these dependents. */
  | { readonly action: "deleteDependents"; readonly uids: readonly string[] }
  /** Some owners stay: forget those that do not. */
  | { readonly action: "dropOwners"; readonly uids: readonly string[] }
  | {
      readonly action: "delete";
      readonly policy: PropagationPolicy;
      /** Stop blocking the owners' deletion first: the object waits for dependents that wait for it. */
      readonly unblock: boolean;
    };

/** For an object that is being deleted in the foreground: wait for, or stop waiting for, its dependents. */
export function planForeground(node: GraphNode, dependents: readonly GraphNode[]): DeletePlan {
  const blocking = dependents.filter((dependent) =>
    dependent.owners.some(
      ({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true,
    ),
  );
  if (blocking.length === 0) return { action: "releaseForeground" };
  const waiting = blocking.filter((dependent) => !isDeletingDependents(dependent));
  return { action: "deleteDependents", uids: waiting.map(({ uid }) => uid) };
}

/** For any other object: does it still have an owner that keeps it? */
export function planOwned(
  finalizers: readonly string[],
  owners: readonly OwnerWithState[],
  dependents: readonly GraphNode[],
): DeletePlan {
  if (owners.length === 0) return { action: "keep" };
  const inState = (state: OwnerState) => owners.filter((owner) => owner.state === state);
  const gone = [...inState("absent"), ...inState("waitingForDependents")];
  if (inState("solid").length > 0) {
    if (gone.length === 0) return { action: "keep" };
    return { action: "dropOwners", uids: gone.map(({ reference }) => reference.uid) };
  }
  if (inState("waitingForDependents").length > 0 && dependents.length > 0) {
    return {
      action: "delete",
      policy: "Foreground",
      unblock: dependents.some(isDeletingDependents),
    };
  }
  const policy = finalizers.includes(ORPHAN_FINALIZER)
    ? "Orphan"
    : finalizers.includes(FOREGROUND_FINALIZER)
      ? "Foreground"
      : "Background";
  return { action: "delete", policy, unblock: false };
}
