/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules, TableRule } from "../table-rule.ts";

export const AUTOSCALING_KINDS: Readonly<Record<string, PhaseRules>> = {
  "autoscaling/v2.HorizontalPodAutoscaler": {
    create: [
      { in: "spec.metrics[]", field: "type", check: "required" },
      {
        in: "spec.metrics[]",
        field: "type",
        check: "enum",
        args: ["ContainerResource", "External", "Object", "Pods", "Resource"],
      },
      {
        in: "spec.metrics[]",
        field: "resource.name",
        check: "required",
        detail: "must specify a resource name",
      },
      {
        in: "spec.metrics[]",
        field: "resource.target",
        check: "exactlyOne",
        args: ["averageUtilization", "averageValue"],
      },
      {
        in: "spec.metrics[]",
        field: "containerResource.name",
        check: "required",
        detail: "must specify a resource name",
      },
      { in: "spec.metrics[]", field: "containerResource.container", check: "required" },
      { in: "spec.metrics[]", field: "containerResource.container", check: "dns1123Label" },
      {
        in: "spec.metrics[]",
        field: "containerResource.target",
        check: "exactlyOne",
        args: ["averageUtilization", "averageValue"],
      },
      {
        in: "spec.metrics[]",
        field: "pods.metric.name",
        check: "required",
        detail: "must specify a metric name",
      },
      {
        in: "spec.metrics[]",
        field: "pods.target.averageValue",
        check: "required",
        detail: "must specify a positive target averageValue",
      },
      {
        in: "spec.metrics[]",
        field: "object.metric.name",
        check: "required",
        detail: "must specify a metric name",
      },
      {
        in: "spec.metrics[]",
        field: "external.metric.name",
        check: "required",
        detail: "must specify a metric name",
      },
      {
        in: "spec.metrics[]",
        field: "external.target",
        check: "exactlyOne",
        args: ["value", "averageValue"],
      },
      {
        field: "spec.behavior.scaleUp.stabilizationWindowSeconds",
        check: "range",
        args: [0, 3600],
        when: "set",
      },
      {
        field: "spec.behavior.scaleUp.selectPolicy",
        check: "enum",
        args: ["Disabled", "Max", "Min"],
        when: "set",
      },
      { field: "spec.behavior.scaleUp.policies", check: "required" },
      {
        in: "spec.behavior.scaleUp.policies[]",
        field: "type",
        check: "enum",
        args: ["Percent", "Pods"],
      },
      {
        in: "spec.behavior.scaleUp.policies[]",
        field: "value",
        check: "min",
        args: [1],
        detail: "must be greater than zero",
      },
      {
        in: "spec.behavior.scaleUp.policies[]",
        field: "periodSeconds",
        check: "range",
        args: [1, 1800],
      },
      { field: "spec.behavior.scaleUp.tolerance", check: "quantityMin", args: [0], when: "set" },
      {
        field: "spec.behavior.scaleDown.stabilizationWindowSeconds",
        check: "range",
        args: [0, 3600],
        when: "set",
      },
      {
        field: "spec.behavior.scaleDown.selectPolicy",
        check: "enum",
        args: ["Disabled", "Max", "Min"],
        when: "set",
      },
      { field: "spec.behavior.scaleDown.policies", check: "required" },
      {
        in: "spec.behavior.scaleDown.policies[]",
        field: "type",
        check: "enum",
        args: ["Percent", "Pods"],
      },
      {
        in: "spec.behavior.scaleDown.policies[]",
        field: "value",
        check: "min",
        args: [1],
        detail: "must be greater than zero",
      },
      {
        in: "spec.behavior.scaleDown.policies[]",
        field: "periodSeconds",
        check: "range",
        args: [1, 1800],
      },
      { field: "spec.behavior.scaleDown.tolerance", check: "quantityMin", args: [0], when: "set" },
      { field: "spec.minReplicas", check: "min", args: [1], when: "set" },
    ],
    status: [
      { field: "status.currentReplicas", check: "min", args: [0] },
      { field: "status.desiredReplicas", check: "min", args: [0] },
    ],
  },
  "autoscaling/v1.HorizontalPodAutoscaler": {
    status: [
      { field: "status.currentReplicas", check: "min", args: [0] },
      { field: "status.desiredReplicas", check: "min", args: [0] },
    ],
  },
  "autoscaling/v1.Scale": { update: [{ field: "spec.replicas", check: "min", args: [0] }] },
};

export const AUTOSCALING_MESSAGES: Readonly<Record<string, readonly TableRule[]>> = {
  "k8s.io.api.autoscaling.v2.MetricTarget": [
    { field: "type", check: "required", detail: "must specify a metric target type" },
    {
      field: "type",
      check: "enum",
      args: ["Utilization", "Value", "AverageValue"],
      error: "Invalid",
      detail: "must be either Utilization, Value, or AverageValue",
    },
    { field: "value", check: "quantityMin", args: [1], when: "set", detail: "must be positive" },
    {
      field: "averageValue",
      check: "quantityMin",
      args: [1],
      when: "set",
      detail: "must be positive",
    },
    {
      field: "averageUtilization",
      check: "min",
      args: [1],
      when: "set",
      detail: "must be greater than 0",
    },
  ],
};
