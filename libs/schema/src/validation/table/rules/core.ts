/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules, TableRule } from "../table-rule.ts";

export const CORE_KINDS: Readonly<Record<string, PhaseRules>> = {
  "v1.Endpoints": {
    create: [
      { in: "subsets[].addresses[]", field: "ip", check: "ip" },
      { in: "subsets[].addresses[]", field: "ip", check: "endpointIp" },
      { in: "subsets[].addresses[]", field: "hostname", check: "dns1123Label", when: "set" },
      { in: "subsets[].addresses[]", field: "nodeName", check: "dns1123Subdomain", when: "set" },
      { in: "subsets[].ports[]", field: "name", check: "required", when: { many: "@list" } },
      { in: "subsets[].ports[]", field: "name", check: "dns1123Label", when: "set" },
      { in: "subsets[].ports[]", field: "port", check: "portNumber" },
      { in: "subsets[].ports[]", field: "protocol", check: "required" },
      { in: "subsets[].ports[]", field: "protocol", check: "enum", args: ["SCTP", "TCP", "UDP"] },
      { in: "subsets[].ports[]", field: "appProtocol", check: "qualifiedName", when: "set" },
    ],
  },
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
  "apps/v1.ControllerRevision": {
    create: [
      { field: "revision", check: "min", args: [0] },
      { field: "data", check: "required" },
    ],
    update: [{ field: "data", check: "immutable" }],
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
