/** Upstream: the validation.go files of pkg/apis @1.36 */
import type { PhaseRules, TableRule } from "../table-rule.ts";

export const BATCH_KINDS: Readonly<Record<string, PhaseRules>> = {
  "batch/v1.Job": {
    create: [
      { field: "spec.selector", check: "required" },
      { field: "spec.selector", check: "labelSelector" },
      {
        field: "spec.template.metadata.labels",
        check: "matches",
        args: ["spec.selector"],
        detail: "`selector` does not match template `labels`",
      },
    ],
    update: [
      { field: "spec.selector", check: "immutable" },
      { field: "spec.completionMode", check: "immutable" },
      { field: "spec.podFailurePolicy", check: "immutable" },
      { field: "spec.backoffLimitPerIndex", check: "immutable" },
      { field: "spec.managedBy", check: "immutable" },
      { field: "spec.successPolicy", check: "immutable" },
    ],
  },
  "batch/v1.CronJob": {
    create: [
      {
        field: "metadata.name",
        check: "maxLength",
        args: [52],
        detail: "must be no more than 52 characters",
        error: "Invalid",
      },
      { field: "spec.schedule", check: "required" },
      { field: "spec.schedule", check: "cron" },
      { field: "spec.timeZone", check: "timeZone", when: "set" },
      { field: "spec.startingDeadlineSeconds", check: "min", args: [0], when: "set" },
      { field: "spec.concurrencyPolicy", check: "required" },
      { field: "spec.concurrencyPolicy", check: "enum", args: ["Allow", "Forbid", "Replace"] },
      { field: "spec.successfulJobsHistoryLimit", check: "min", args: [0], when: "set" },
      { field: "spec.failedJobsHistoryLimit", check: "min", args: [0], when: "set" },
      {
        field: "spec.jobTemplate.spec.selector",
        check: "unset",
        detail: "`selector` will be auto-generated",
      },
    ],
  },
};

export const BATCH_MESSAGES: Readonly<Record<string, readonly TableRule[]>> = {
  "k8s.io.api.batch.v1.JobSpec": [
    { field: "parallelism", check: "min", args: [0], when: "set" },
    { field: "completions", check: "min", args: [0], when: "set" },
    { field: "activeDeadlineSeconds", check: "min", args: [0], when: "set" },
    { field: "backoffLimit", check: "min", args: [0], when: "set" },
    { field: "ttlSecondsAfterFinished", check: "min", args: [0], when: "set" },
    { field: "backoffLimitPerIndex", check: "min", args: [0], when: "set" },
    { field: "maxFailedIndexes", check: "min", args: [0], when: "set" },
    { field: "backoffLimitPerIndex", check: "required", when: { exists: "maxFailedIndexes" } },
    {
      field: "backoffLimitPerIndex",
      check: "unset",
      when: { isNot: { completionMode: ["Indexed"] }, set: "" },
      detail: "requires indexed completion mode",
    },
    {
      field: "maxFailedIndexes",
      check: "unset",
      when: { isNot: { completionMode: ["Indexed"] }, set: "" },
      detail: "requires indexed completion mode",
    },
    { field: "managedBy", check: "domainPrefixedPath", when: "set" },
    { field: "managedBy", check: "maxLength", args: [63] },
    { field: "completionMode", check: "enum", args: ["NonIndexed", "Indexed"], when: "set" },
    { field: "completions", check: "required", when: { is: { completionMode: ["Indexed"] } } },
    {
      field: "parallelism",
      check: "max",
      args: [100000],
      when: { is: { completionMode: ["Indexed"] } },
    },
    {
      field: "maxFailedIndexes",
      check: "atMost",
      args: ["completions"],
      when: { is: { completionMode: ["Indexed"] } },
    },
    { field: "podFailurePolicy.rules", check: "maxItems", args: [20] },
    { in: "podFailurePolicy.rules[]", field: "action", check: "required" },
    {
      in: "podFailurePolicy.rules[]",
      field: "action",
      check: "enum",
      args: ["Count", "FailIndex", "FailJob", "Ignore"],
    },
    {
      field: "podFailurePolicy.rules",
      each: "item",
      check: "exactlyOne",
      args: ["onExitCodes", "onPodConditions"],
      error: "Invalid",
    },
    { in: "podFailurePolicy.rules[]", field: "onExitCodes.operator", check: "required" },
    {
      in: "podFailurePolicy.rules[]",
      field: "onExitCodes.operator",
      check: "enum",
      args: ["In", "NotIn"],
    },
    { in: "podFailurePolicy.rules[]", field: "onPodConditions", check: "maxItems", args: [20] },
    { in: "podFailurePolicy.rules[].onPodConditions[]", field: "type", check: "qualifiedName" },
    {
      in: "podFailurePolicy.rules[].onPodConditions[]",
      field: "status",
      check: "enum",
      args: ["False", "True", "Unknown"],
    },
    { field: "successPolicy.rules", check: "required" },
    { field: "successPolicy.rules", check: "maxItems", args: [20] },
    { in: "successPolicy.rules[]", field: "succeededIndexes", check: "maxLength", args: [65536] },
    {
      field: "podReplacementPolicy",
      check: "enum",
      args: ["Failed", "TerminatingOrFailed"],
      when: "set",
    },
  ],
};
