/** Volumes and what provides them. Upstream: pkg/printers/internalversion/printers.go @1.36 */
import type { PersistentVolume, PersistentVolumeClaim } from "@kubets/api/core/v1";
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "@kubets/api/storage/v1";
import { since } from "../human-duration.ts";
import { NONE, UNSET } from "../text-cells.ts";

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

export function persistentVolumeCells(
  { metadata, spec, status }: PersistentVolume,
  nowMs: number,
): unknown[] {
  const { claimRef } = spec ?? {};
  const isEnding = metadata.deletionTimestamp !== undefined;
  return [
    metadata.name,
    spec?.capacity?.storage ?? "0",
    modesText(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? "",
    isEnding ? "Terminating" : (status?.phase ?? ""),
    claimRef === undefined ? "" : `${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`,
    metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? "",
    spec?.volumeAttributesClassName ?? UNSET,
    status?.reason ?? "",
    since(metadata.creationTimestamp, nowMs),
    spec?.volumeMode ?? UNSET,
  ];
}

export function persistentVolumeClaimCells(
  { metadata, spec, status }: PersistentVolumeClaim,
  nowMs: number,
): unknown[] {
  const isBound = Boolean(spec?.volumeName);
  const isEnding = metadata.deletionTimestamp !== undefined;
  return [
    metadata.name,
    isEnding ? "Terminating" : (status?.phase ?? ""),
    spec?.volumeName ?? "",
    isBound ? (status?.capacity?.storage ?? "0") : "",
    isBound ? modesText(status?.accessModes) : "",
    metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? "",
    spec?.volumeAttributesClassName ?? UNSET,
    since(metadata.creationTimestamp, nowMs),
    spec?.volumeMode ?? UNSET,
  ];
}

const modes = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
] as const;

/** Upstream: pkg/apis/core/helper/helpers.go GetAccessModesAsString */
function modesText(present: readonly string[] | undefined): string {
  return modes
    .filter(([mode]) => present?.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

export function storageClassCells(storageClass: StorageClass, nowMs: number): unknown[] {
  const { metadata } = storageClass;
  return [
    isDefault(metadata.annotations ?? {}) ? `${metadata.name} (default)` : metadata.name,
    storageClass.provisioner,
    storageClass.reclaimPolicy ?? "Delete",
    storageClass.volumeBindingMode ?? "Immediate",
    storageClass.allowVolumeExpansion ?? false,
    since(metadata.creationTimestamp, nowMs),
  ];
}
function isDefault(annotations: { readonly [key: string]: string }): boolean {
  return (
    annotations["storageclass.kubernetes.io/is-default-class"] === "true" ||
    annotations["storageclass.beta.kubernetes.io/is-default-class"] === "true"
  );
}

export function volumeAttachmentCells(
  { metadata, spec, status }: VolumeAttachment,
  nowMs: number,
): unknown[] {
  return [
    metadata.name,
    spec?.attacher ?? "",
    spec?.source?.persistentVolumeName ?? "",
    spec?.nodeName ?? "",
    status?.attached ?? false,
    since(metadata.creationTimestamp, nowMs),
  ];
}

export function csiDriverCells({ metadata, spec }: CSIDriver, nowMs: number): unknown[] {
  const audiences = spec?.tokenRequests?.map(({ audience }) => audience);
  return [
    metadata.name,
    spec?.attachRequired ?? true,
    spec?.podInfoOnMount ?? false,
    spec?.storageCapacity ?? false,
    audiences === undefined ? UNSET : audiences.join(","),
    spec?.requiresRepublish ?? false,
    spec?.volumeLifecycleModes?.join(",") || NONE,
    since(metadata.creationTimestamp, nowMs),
  ];
}

export function csiNodeCells({ metadata, spec }: CSINode, nowMs: number): unknown[] {
  return [metadata.name, spec?.drivers?.length ?? 0, since(metadata.creationTimestamp, nowMs)];
}

export function csiStorageCapacityCells(capacity: CSIStorageCapacity): unknown[] {
  return [capacity.metadata.name, capacity.storageClassName, capacity.capacity ?? UNSET];
}

export function volumeAttributesClassCells(
  { metadata, driverName }: VolumeAttributesClass,
  nowMs: number,
): unknown[] {
  return [metadata.name, driverName, since(metadata.creationTimestamp, nowMs)];
}
