/**
 * Creates the claims of pods and keeps their owners as the retention policy wants them.
 *
 * Upstream: pkg/controller/statefulset/stateful_pod_control.go @1.36
 */
import { isStatusError } from "@kubets/api";
import type { StatefulSet } from "@kubets/api/apps/v1";
import type { PersistentVolumeClaim, Pod } from "@kubets/api/core/v1";
import type { OwnerReference } from "@kubets/api/meta/v1";
import {
  type Client,
  type EventSource,
  type Informer,
  objectKey,
  persistentVolumeClaims,
} from "@kubets/client";
import { isNamespaceEnding, messageOf } from "../pod-control/pod-writer.ts";
import { claimOwners, isClaimStale } from "./claim-owners.ts";
import { claimsOf } from "./stateful-pod.ts";

export class StatefulClaims {
  readonly #client: Client;
  readonly #recorder: EventSource;
  readonly #informer: Informer<PersistentVolumeClaim>;

  constructor(options: {
    readonly client: Client;
    readonly recorder: EventSource;
    readonly informer: Informer<PersistentVolumeClaim>;
  }) {
    this.#client = options.client;
    this.#recorder = options.recorder;
    this.#informer = options.informer;
  }

  /** Everything that a pod of this name mounts is there afterwards; throws while one of it is being deleted. */
  async ensure(set: StatefulSet, podName: string, signal: AbortSignal): Promise<void> {
    for (const claim of claimsOf(set, podName)) {
      const known = this.#informer.store.get(objectKey(claim));
      if (known === undefined) {
        const { owners } = claimOwners(set, undefined, false, []);
        await this.#create(set, podName, withOwners(claim, owners), signal);
      } else if (known.metadata.deletionTimestamp !== undefined) {
        throw new Error(`pvc ${claim.metadata.name} is being deleted`);
      }
    }
  }

  /** Whether a claim for this pod goes with a pod of before, so that the new one has to wait. */
  isStale(set: StatefulSet, pod: Pod): boolean {
    return claimsOf(set, pod.metadata.name ?? "").some((wanted) => {
      const claim = this.#informer.store.get(objectKey(wanted));
      return claim !== undefined && isClaimStale(set, pod, claim.metadata.ownerReferences ?? []);
    });
  }

  /** Whether the pod lacks a claim that somebody took away. */
  isLacking(set: StatefulSet, pod: Pod): boolean {
    return claimsOf(set, pod.metadata.name ?? "").some(
      (claim) => this.#informer.store.get(objectKey(claim)) === undefined,
    );
  }

  /** `isScaledDown`: the pod is one too many. */
  async settleOwners(
    set: StatefulSet,
    pod: Pod,
    isScaledDown: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    for (const wanted of claimsOf(set, pod.metadata.name ?? "")) {
      const claim = this.#informer.store.get(objectKey(wanted));
      if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) continue;
      const present = claim.metadata.ownerReferences ?? [];
      const { owners, isConflicting } = claimOwners(set, pod, isScaledDown, present);
      if (owners === present) continue;
      if (isConflicting) {
        this.#recorder.event(
          set,
          "Warning",
          "ConflictingController",
          `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`,
        );
      }
      try {
        await this.#client.update(persistentVolumeClaims, withOwners(claim, owners), { signal });
      } catch (error) {
        if (!isStatusError(error, "NotFound")) throw error;
      }
    }
  }

  async #create(
    set: StatefulSet,
    podName: string,
    claim: PersistentVolumeClaim,
    signal: AbortSignal,
  ): Promise<void> {
    const claimName = claim.metadata.name;
    const where = `Pod ${podName} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#client.create(persistentVolumeClaims, claim, { signal });
    } catch (error) {
      if (isStatusError(error, "AlreadyExists")) return;
      const message = `Create Claim ${claimName} for ${where} failed error: ${messageOf(error)}`;
      this.#recorder.event(set, "Warning", "FailedCreate", message);
      if (isNamespaceEnding(error)) throw error;
      throw new Error(`failed to create PVC ${claimName}: ${messageOf(error)}`, { cause: error });
    }
    const message = `Create Claim ${claimName} ${where} success`;
    this.#recorder.event(set, "Normal", "SuccessfulCreate", message);
  }
}

function withOwners(
  claim: PersistentVolumeClaim,
  ownerReferences: readonly OwnerReference[],
): PersistentVolumeClaim {
  const { ownerReferences: _, ...metadata } = claim.metadata;
  return {
    ...claim,
    metadata: {
      ...metadata,
      ...(ownerReferences.length === 0 ? {} : { ownerReferences: [...ownerReferences] }),
    },
  };
}
