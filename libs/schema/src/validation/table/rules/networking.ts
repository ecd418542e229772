/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules, TableRule } from "../table-rule.ts";

export const NETWORKING_KINDS: Readonly<Record<string, PhaseRules>> = {
  "networking.k8s.io/v1.Ingress": {
    create: [
      { field: "spec.ingressClassName", check: "dns1123Subdomain", when: "set" },
      { in: "spec.tls[]", field: "hosts", each: "item", check: "dns1123SubdomainOrWildcard" },
      { in: "spec.tls[]", field: "secretName", check: "dns1123Subdomain", when: "set" },
      { in: "spec.rules[]", field: "http.paths", check: "required", when: { exists: "http" } },
      {
        in: "spec.rules[].http.paths[]",
        field: "pathType",
        check: "required",
        detail: "pathType must be specified",
      },
      {
        in: "spec.rules[].http.paths[]",
        field: "pathType",
        check: "enum",
        args: ["Exact", "ImplementationSpecific", "Prefix"],
      },
    ],
    status: [{ in: "status.loadBalancer.ingress[]", field: "ip", check: "ip", when: "set" }],
  },
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

export const NETWORKING_MESSAGES: Readonly<Record<string, readonly TableRule[]>> = {
  "k8s.io.api.networking.v1.IngressBackend": [
    { field: "service.name", check: "required" },
    { field: "service.name", check: "dns1123Label" },
    { field: "service.port.name", check: "portName", when: "set" },
    { field: "service.port.number", check: "portNumber", when: "set" },
    { field: "resource.apiGroup", check: "dns1123Subdomain", when: "set" },
    { field: "resource.kind", check: "required" },
    { field: "resource.kind", check: "pathSegment" },
    { field: "resource.name", check: "required" },
    { field: "resource.name", check: "pathSegment" },
  ],
};
