/**
 * Which other objects a pod refers to.
 *
 * Upstream: pkg/api/v1/pod/util.go VisitPodSecretNames and VisitPodConfigmapNames @1.36
 */
import type { Container, EphemeralContainer, Pod, Volume } from "@kubets/api/core/v1";

export type PodReferenceKind =
  | "secrets"
  | "configmaps"
  | "persistentvolumeclaims"
  | "serviceaccounts";

/** Calls `visit` for each reference, some more than once. All are in the pod's namespace. */
export function visitPodReferences(
  pod: Pod,
  visit: (kind: PodReferenceKind, name: string) => void,
): void {
  const { spec } = pod;
  if (spec === undefined) return;
  const see = (kind: PodReferenceKind, name: string | undefined) => {
    if (name !== undefined && name !== "") visit(kind, name);
  };
  see("serviceaccounts", spec.serviceAccountName);
  for (const { name } of spec.imagePullSecrets ?? []) see("secrets", name);
  for (const container of spec.containers ?? []) visitContainer(container, see);
  for (const container of spec.initContainers ?? []) visitContainer(container, see);
  for (const container of spec.ephemeralContainers ?? []) visitContainer(container, see);
  for (const volume of spec.volumes ?? []) visitVolume(pod, volume, see);
}

type See = (kind: PodReferenceKind, name: string | undefined) => void;

function visitContainer(container: Container | EphemeralContainer, see: See): void {
  for (const { secretRef, configMapRef } of container.envFrom ?? []) {
    see("secrets", secretRef?.name);
    see("configmaps", configMapRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    see("secrets", valueFrom?.secretKeyRef?.name);
    see("configmaps", valueFrom?.configMapKeyRef?.name);
  }
}

function visitVolume(pod: Pod, volume: Volume, see: See): void {
  see("secrets", volume.secret?.secretName);
  see("configmaps", volume.configMap?.name);
  see("persistentvolumeclaims", volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral !== undefined) {
    see("persistentvolumeclaims", `${pod.metadata.name ?? ""}-${volume.name}`);
  }
  for (const { secret, configMap } of volume.projected?.sources ?? []) {
    see("secrets", secret?.name);
    see("configmaps", configMap?.name);
  }
  see("secrets", volume.azureFile?.secretName);
  see("secrets", volume.cephfs?.secretRef?.name);
  see("secrets", volume.cinder?.secretRef?.name);
  see("secrets", volume.flexVolume?.secretRef?.name);
  see("secrets", volume.rbd?.secretRef?.name);
  see("secrets", volume.scaleIO?.secretRef?.name);
  see("secrets", volume.iscsi?.secretRef?.name);
  see("secrets", volume.storageos?.secretRef?.name);
  see("secrets", volume.csi?.nodePublishSecretRef?.name);
}
