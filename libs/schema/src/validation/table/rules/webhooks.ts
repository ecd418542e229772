/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules, TableRule } from "../table-rule.ts";

export const WEBHOOKS_KINDS: Readonly<Record<string, PhaseRules>> = {
  "admissionregistration.k8s.io/v1.ValidatingWebhookConfiguration": {
    create: [
      { in: "webhooks[]", field: "name", check: "fullyQualifiedName" },
      { in: "webhooks[]", field: "name", check: "unique" },
      {
        in: "webhooks[]",
        field: "failurePolicy",
        check: "enum",
        args: ["Fail", "Ignore"],
        when: "set",
      },
      {
        in: "webhooks[]",
        field: "matchPolicy",
        check: "enum",
        args: ["Equivalent", "Exact"],
        when: "set",
      },
      {
        in: "webhooks[]",
        field: "sideEffects",
        check: "enum",
        args: ["None", "NoneOnDryRun"],
        when: "set",
      },
      {
        in: "webhooks[]",
        field: "timeoutSeconds",
        check: "range",
        args: [1, 30],
        when: "set",
        detail: "the timeout value must be between 1 and 30 seconds",
      },
      { in: "webhooks[]", field: "namespaceSelector", check: "labelSelector" },
      { in: "webhooks[]", field: "objectSelector", check: "labelSelector" },
      { in: "webhooks[]", field: "matchConditions", check: "maxItems", args: [64] },
      { in: "webhooks[].matchConditions[]", field: "name", check: "unique" },
    ],
  },
  "admissionregistration.k8s.io/v1.MutatingWebhookConfiguration": {
    create: [
      { in: "webhooks[]", field: "name", check: "fullyQualifiedName" },
      { in: "webhooks[]", field: "name", check: "unique" },
      {
        in: "webhooks[]",
        field: "failurePolicy",
        check: "enum",
        args: ["Fail", "Ignore"],
        when: "set",
      },
      {
        in: "webhooks[]",
        field: "matchPolicy",
        check: "enum",
        args: ["Equivalent", "Exact"],
        when: "set",
      },
      {
        in: "webhooks[]",
        field: "sideEffects",
        check: "enum",
        args: ["None", "NoneOnDryRun"],
        when: "set",
      },
      {
        in: "webhooks[]",
        field: "timeoutSeconds",
        check: "range",
        args: [1, 30],
        when: "set",
        detail: "the timeout value must be between 1 and 30 seconds",
      },
      {
        in: "webhooks[]",
        field: "reinvocationPolicy",
        check: "enum",
        args: ["IfNeeded", "Never"],
        when: "set",
      },
      { in: "webhooks[]", field: "namespaceSelector", check: "labelSelector" },
      { in: "webhooks[]", field: "objectSelector", check: "labelSelector" },
      { in: "webhooks[]", field: "matchConditions", check: "maxItems", args: [64] },
      { in: "webhooks[].matchConditions[]", field: "name", check: "unique" },
    ],
  },
};

export const WEBHOOKS_MESSAGES: Readonly<Record<string, readonly TableRule[]>> = {
  "k8s.io.api.admissionregistration.v1.RuleWithOperations": [
    { field: "operations", check: "required" },
    {
      field: "operations",
      each: "item",
      check: "enum",
      args: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"],
    },
    { field: "apiGroups", check: "required" },
    { field: "apiVersions", check: "required" },
    { field: "resources", check: "required" },
    { field: "scope", check: "enum", args: ["*", "Cluster", "Namespaced"], when: "set" },
  ],
  "k8s.io.api.admissionregistration.v1.WebhookClientConfig": [
    {
      field: "",
      check: "exactlyOne",
      args: ["url", "service"],
      detail: "exactly one of url or service is required",
    },
    { field: "service.name", check: "required" },
    { field: "service.namespace", check: "required" },
    { field: "service.port", check: "portNumber" },
  ],
  "k8s.io.api.admissionregistration.v1.MatchCondition": [
    { field: "name", check: "required" },
    { field: "name", check: "qualifiedName" },
    { field: "expression", check: "required" },
  ],
};
