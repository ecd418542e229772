/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules, TableRule } from "../table-rule.ts";

export const CORE_KINDS: Readonly<Record<string, PhaseRules>> = {
  "v1.LimitRange": {
    create: [
      { in: "spec.limits[]", field: "type", check: "qualifiedName" },
      { in: "spec.limits[]", field: "type", check: "unique" },
      {
        in: "spec.limits[]",
        field: "default",
        check: "forbidden",
        when: { is: { type: ["Pod"] }, set: "" },
      },
      {
        in: "spec.limits[]",
        field: "defaultRequest",
        check: "forbidden",
        when: { is: { type: ["Pod"] }, set: "" },
      },
      { in: "spec.limits[]", field: "min", each: "value", check: "atMost", args: ["max"] },
    ],
  },
  "v1.ResourceQuota": {
    create: [
      {
        in: "spec.scopeSelector.matchExpressions[]",
        field: "operator",
        check: "enum",
        args: ["In", "NotIn", "Exists", "DoesNotExist"],
        error: "Invalid",
      },
    ],
    update: [{ field: "spec.scopes", check: "immutable" }],
  },
  "v1.PersistentVolume": {
    update: [
      { field: "spec.volumeMode", check: "immutable", at: "volumeMode" },
      {
        field: "spec.volumeAttributesClassName",
        check: "notRemoved",
        when: "wasSet",
        error: "Forbidden",
      },
    ],
  },
};

export const CORE_MESSAGES: Readonly<Record<string, readonly TableRule[]>> = {
  "k8s.io.api.core.v1.PersistentVolumeSpec": [
    { field: "accessModes", check: "required" },
    {
      field: "accessModes",
      each: "item",
      check: "enum",
      args: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"],
      at: "accessModes",
    },
    { field: "capacity", check: "required" },
    {
      field: "capacity",
      each: "value",
      check: "quantityMin",
      args: [1],
      detail: "must be greater than zero",
    },
    {
      field: "persistentVolumeReclaimPolicy",
      check: "enum",
      args: ["Delete", "Recycle", "Retain"],
    },
    {
      field: "persistentVolumeReclaimPolicy",
      check: "not",
      args: ["Recycle"],
      when: { is: { "hostPath.path": ["/"] } },
      error: "Forbidden",
    },
    {
      field: "nodeAffinity",
      check: "required",
      when: { exists: "local" },
      detail: "Local volume requires node affinity",
    },
    { field: "nodeAffinity.required", check: "required", when: { exists: "nodeAffinity" } },
    { field: "storageClassName", check: "dns1123Subdomain", when: "set" },
    { field: "volumeMode", check: "enum", args: ["Block", "Filesystem"], when: "set" },
    { field: "volumeAttributesClassName", check: "dns1123Subdomain", when: "set" },
    { field: "csi", check: "required", when: { exists: "volumeAttributesClassName" } },
    { field: "csi.driver", check: "csiDriverName" },
    { field: "csi.volumeHandle", check: "required" },
    { field: "local.path", check: "required" },
    { field: "local.path", check: "noBacksteps" },
  ],
};
