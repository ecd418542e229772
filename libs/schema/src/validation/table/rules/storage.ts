/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules } from "../table-rule.ts";

export const STORAGE_KINDS: Readonly<Record<string, PhaseRules>> = {
  "storage.k8s.io/v1.StorageClass": {
    create: [
      { field: "provisioner", check: "required" },
      { field: "provisioner", check: "qualifiedName", when: "lowered" },
      { field: "parameters", check: "maxItems", args: [512], error: "TooLong" },
      { field: "reclaimPolicy", check: "enum", args: ["Delete", "Retain"], when: "set" },
      { field: "volumeBindingMode", check: "required" },
      { field: "volumeBindingMode", check: "enum", args: ["Immediate", "WaitForFirstConsumer"] },
    ],
    update: [
      { field: "parameters", check: "immutable" },
      { field: "provisioner", check: "immutable" },
      { field: "reclaimPolicy", check: "immutable" },
      { field: "volumeBindingMode", check: "immutable" },
    ],
  },
  "storage.k8s.io/v1.CSIDriver": {
    create: [
      { field: "spec.attachRequired", check: "required", at: "spec.attachedRequired" },
      { field: "spec.podInfoOnMount", check: "required" },
      { field: "spec.storageCapacity", check: "required" },
      {
        field: "spec.fsGroupPolicy",
        check: "enum",
        args: ["ReadWriteOnceWithFSType", "File", "None"],
      },
      {
        field: "spec.volumeLifecycleModes",
        each: "item",
        check: "enum",
        args: ["Persistent", "Ephemeral"],
        at: "spec.volumeLifecycleModes",
      },
    ],
    update: [
      { field: "spec.attachRequired", check: "immutable", at: "spec.attachedRequired" },
      { field: "spec.volumeLifecycleModes", check: "immutable" },
    ],
  },
  "storage.k8s.io/v1.VolumeAttachment": {
    create: [
      { field: "spec.attacher", check: "csiDriverName" },
      { field: "spec.source.persistentVolumeName", check: "dns1123Subdomain", when: "set" },
      { field: "spec.nodeName", check: "dns1123Subdomain" },
    ],
    update: [{ field: "spec", check: "immutable" }],
  },
};
