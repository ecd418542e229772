/**
 * Pods with claims go where their volumes can be used. Claims that wait for their first consumer are
 * given the chosen node and waited for, so that a provisioner makes the volume there. Volumes made beforehand
 * are not matched to such claims.
 *
 * Upstream: pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go @1.36
 */
import type { PersistentVolume, PersistentVolumeClaim } from "@kubets/api/core/v1";
import type { StorageClass } from "@kubets/api/storage/v1";
import type { PodInfo } from "../../cluster/pod-info.ts";
import type { Plugin } from "../../framework/plugin.ts";
import {
  errorStatus,
  SKIP,
  type Status,
  unresolvable,
  unschedulable,
} from "../../framework/status.ts";
import { matchesNodeSelector } from "../node-selector.ts";
import { type ClaimUse, claimsOf } from "./claims-of.ts";

const NAME = "VolumeBinding";
const UNBOUND = unresolvable("pod has unbound immediate PersistentVolumeClaims");
const NODE_CONFLICT = unresolvable("node(s) didn't match PersistentVolume's node affinity");
const VOLUME_MISSING = unresolvable(
  "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
);
const NO_VOLUME = unschedulable("node(s) didn't find available persistent volumes to bind");

const NO_PROVISIONER = "kubernetes.io/no-provisioner";

/** What the plugin reads and does outside. */
export interface VolumeSurroundings {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  storageClass(name: string): StorageClass | undefined;
  /** Has a volume made for the claim on the node; resolves when the claim is bound. */
  provision(claim: PersistentVolumeClaim, nodeName: string, signal: AbortSignal): Promise<void>;
}

interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  readonly delayed: readonly PersistentVolumeClaim[];
}

export function volumeBinding(outside: VolumeSurroundings): Plugin {
  return {
    name: NAME,
    events: {
      StorageChange: true,
      NodeAdd: true,
      NodeLabelChange: true,
      UnscheduledPodUpdate: true,
    },
    preFilter(state, pod) {
      const uses = claimsOf(pod.pod);
      if (uses.length === 0) return { status: SKIP };
      const claims = sortClaims(pod, uses, outside);
      if ("code" in claims) return { status: claims };
      state.write(NAME, claims);
      return undefined;
    },
    filter(state, _pod, node) {
      const { bound, delayed } = state.read<PodClaims>(NAME) ?? NO_CLAIMS;
      for (const { spec } of bound) {
        const volume = outside.volume(spec?.volumeName ?? "");
        if (volume === undefined) return VOLUME_MISSING;
        const required = volume.spec?.nodeAffinity?.required;
        if (required !== undefined && !matchesNodeSelector(required, node)) return NODE_CONFLICT;
      }
      for (const claim of delayed) {
        const storageClass = outside.storageClass(claim.spec?.storageClassName ?? "");
        if ((storageClass?.provisioner ?? NO_PROVISIONER) === NO_PROVISIONER) return NO_VOLUME;
      }
      return undefined;
    },
    async preBind(state, _pod, nodeName, signal) {
      const { delayed } = state.read<PodClaims>(NAME) ?? NO_CLAIMS;
      try {
        for (const claim of delayed) await outside.provision(claim, nodeName, signal);
        return undefined;
      } catch (error) {
        return errorStatus(error);
      }
    },
  };
}

const NO_CLAIMS: PodClaims = { bound: [], delayed: [] };

/** A refusal where a claim cannot be used by any pod now. */
function sortClaims(
  pod: PodInfo,
  uses: readonly ClaimUse[],
  { claim: claimNamed, storageClass }: VolumeSurroundings,
): PodClaims | Status {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let hasUnbound = false;
  for (const { name, isEphemeral } of uses) {
    const claim = claimNamed(pod.namespace, name);
    if (claim === undefined) {
      return unresolvable(
        isEphemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
          : `persistentvolumeclaim "${name}" not found`,
      );
    }
    if (claim.metadata.deletionTimestamp !== undefined) {
      return unresolvable(`persistentvolumeclaim "${name}" is being deleted`);
    }
    if (claim.status?.phase === "Lost") {
      const volume = claim.spec?.volumeName ?? "";
      return unresolvable(
        `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${volume}"`,
      );
    }
    if (isBound(claim)) bound.push(claim);
    else if (
      storageClass(claim.spec?.storageClassName ?? "")?.volumeBindingMode === "WaitForFirstConsumer"
    ) {
      delayed.push(claim);
    } else hasUnbound = true;
  }
  return hasUnbound ? UNBOUND : { bound, delayed };
}

export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (
    (spec?.volumeName ?? "") !== "" &&
    metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined
  );
}
