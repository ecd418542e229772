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
import { messageOf } from "../pod-control/pod-writer.ts";
import { claimOwners, claimsOf } from "./stateful-pod.ts";

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

  /** Everything that a pod of this name mounts is there afterwards. */
  async ensure(set: StatefulSet, podName: string, signal: AbortSignal): Promise<void> {
    for (const claim of claimsOf(set, podName)) {
      if (this.#informer.store.get(objectKey(claim)) !== undefined) continue;
      const owners = claimOwners(set, undefined, false, undefined);
      await this.#create(set, podName, withOwners(claim, owners), signal);
    }
  }

  /** `isCondemned`: the pod is one too many. */
  async settleOwners(
    set: StatefulSet,
    pod: Pod,
    isCondemned: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    for (const wanted of claimsOf(set, pod.metadata.name ?? "")) {
      const claim = this.#informer.store.get(objectKey(wanted));
      if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) continue;
      const present = claim.metadata.ownerReferences ?? [];
      const owners = claimOwners(set, pod, isCondemned, present);
      if (isSameOwners(present, owners)) continue;
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
    const what = `Claim ${claim.metadata.name} Pod ${podName} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#client.create(persistentVolumeClaims, claim, { signal });
    } catch (error) {
      if (isStatusError(error, "AlreadyExists")) return;
      const message = `create ${what} failed error: ${messageOf(error)}`;
      this.#recorder.event(set, "Warning", "FailedCreate", message);
      throw error;
    }
    this.#recorder.event(set, "Normal", "SuccessfulCreate", `create ${what} success`);
  }
}

function withOwners(
  claim: PersistentVolumeClaim,
  ownerReferences: OwnerReference[],
): PersistentVolumeClaim {
  const { ownerReferences: _, ...metadata } = claim.metadata;
  return {
    ...claim,
    metadata: { ...metadata, ...(ownerReferences.length === 0 ? {} : { ownerReferences }) },
  };
}

function isSameOwners(a: readonly OwnerReference[], b: readonly OwnerReference[]): boolean {
  return a.length === b.length && a.every(({ uid }) => b.some((other) => other.uid === uid));
}
