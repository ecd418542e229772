/**
 * Storage in use is protected from deletion, and claims grow only where their class allows it.
 *
 * Upstream: plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go and
 * plugin/pkg/admission/storage/persistentvolume/resize/admission.go @1.36
 */
import { compareQuantities } from "@kubets/api";
import { type AdmissionReader, storageClasses } from "../admission-reader.ts";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import { isClaim } from "../object-kinds.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const FINALIZERS: Readonly<Record<string, string | undefined>> = {
  "/persistentvolumes": "kubernetes.io/pv-protection",
  "/persistentvolumeclaims": "kubernetes.io/pvc-protection",
  "storage.k8s.io/volumeattributesclasses": "kubernetes.io/vac-protection",
};

export function createStorageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: "StorageObjectInUseProtection",
    handles: (operation, { group, resource }, subresource) =>
      operation === "CREATE" &&
      subresource === "" &&
      FINALIZERS[`${group}/${resource}`] !== undefined,
    mutate({ object, resource }) {
      const finalizer = FINALIZERS[`${resource.group}/${resource.resource}`];
      if (object === undefined || finalizer === undefined) return undefined;
      const given = object.metadata.finalizers ?? [];
      if (given.includes(finalizer)) return undefined;
      return { ...object, metadata: { ...object.metadata, finalizers: [...given, finalizer] } };
    },
  };
}

export function createClaimResize(options: { readonly reader: AdmissionReader }): AdmissionPlugin {
  const { reader } = options;
  return {
    name: "PersistentVolumeClaimResize",
    handles: (operation, { group, resource }, subresource) =>
      operation === "UPDATE" &&
      group === "" &&
      resource === "persistentvolumeclaims" &&
      subresource === "",
    validate(request) {
      const { object: claim, oldObject: old } = request;
      if (!isClaim(claim) || !isClaim(old)) return;
      const size = claim.spec?.resources?.requests?.storage ?? "0";
      const oldSize = old.spec?.resources?.requests?.storage ?? "0";
      if (compareQuantities(size, oldSize) <= 0) return;
      if (old.status?.phase !== "Bound") {
        throw forbiddenByAdmission(request, "Only bound persistent volume claims can be expanded");
      }
      const className = claim.spec?.storageClassName ?? "";
      const isSameClass = className === (old.spec?.storageClassName ?? "");
      const found = isSameClass ? reader.peek(storageClasses, "", className) : undefined;
      if (className !== "" && found?.allowVolumeExpansion === true) return;
      throw forbiddenByAdmission(
        request,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
    },
  };
}
