/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules } from "../table-rule.ts";

export const OTHER_KINDS: Readonly<Record<string, PhaseRules>> = {
  "scheduling.k8s.io/v1.PriorityClass": {
    create: [
      {
        field: "preemptionPolicy",
        check: "enum",
        args: ["PreemptLowerPriority", "Never"],
        when: "set",
      },
    ],
    update: [
      {
        field: "value",
        check: "immutable",
        detail: "may not be changed in an update.",
        error: "Forbidden",
      },
      { field: "preemptionPolicy", check: "immutable" },
    ],
  },
  "node.k8s.io/v1.RuntimeClass": {
    create: [
      { field: "handler", check: "required" },
      { field: "handler", check: "dns1123Label" },
      { field: "overhead.podFixed", check: "resourceList" },
      { field: "scheduling.nodeSelector", check: "labels" },
    ],
    update: [{ field: "handler", check: "immutable" }],
  },
  "certificates.k8s.io/v1.CertificateSigningRequest": {
    create: [
      { field: "spec.request", check: "required" },
      { field: "spec.usages", check: "required" },
      { field: "spec.usages", each: "item", check: "unique" },
      { field: "spec.signerName", check: "signerName" },
      { field: "spec.signerName", check: "not", args: ["kubernetes.io/legacy-unknown"] },
      {
        field: "spec.expirationSeconds",
        check: "min",
        args: [600],
        when: "set",
        detail: "may not specify a duration less than 600 seconds (10 minutes)",
      },
    ],
  },
};
