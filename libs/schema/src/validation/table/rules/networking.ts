/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules } from "../table-rule.ts";

export const NETWORKING_KINDS: Readonly<Record<string, PhaseRules>> = {
  "networking.k8s.io/v1.IngressClass": {
    create: [
      { field: "spec.controller", check: "maxLength", args: [250] },
      { field: "spec.parameters.apiGroup", check: "dns1123Subdomain", when: "set" },
      { field: "spec.parameters.kind", check: "required" },
      { field: "spec.parameters.name", check: "required" },
      { field: "spec.parameters.scope", check: "required" },
      { field: "spec.parameters.scope", check: "enum", args: ["Cluster", "Namespace"] },
      {
        field: "spec.parameters.namespace",
        check: "required",
        when: { is: { "spec.parameters.scope": ["Namespace"] } },
      },
      {
        field: "spec.parameters.namespace",
        check: "forbidden",
        when: { is: { "spec.parameters.scope": ["Cluster"] }, set: "" },
      },
      { field: "spec.controller", check: "domainPrefixedPath" },
    ],
    update: [{ field: "spec.controller", check: "immutable" }],
  },
};
