/**
 * The rules of autoscaling/v2; an autoscaler of the older version is checked as the newer one that is stored.
 *
 * Upstream: pkg/apis/autoscaling/validation/validation.go,
 * pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go validationOptionsForHorizontalPodAutoscaler @1.36
 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, maybeNumberAt, numberAt, objectAt, textAt } from "../../json-fields.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateNonNegativeNumbers } from "../numbers.ts";
import { SPEC, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import type { KindEntry } from "../table/kind-from-table.ts";
import { validateScalingBehavior } from "./autoscaling-behavior.ts";
import { validateMetric } from "./autoscaling-metrics.ts";
import { type ReferenceOptions, validateReference, versionError } from "./autoscaling-reference.ts";

function validateAutoscaler(
  autoscaler: JsonObject,
  old: JsonObject | undefined,
  problems: Problems,
): void {
  const spec = objectAt(autoscaler, "spec") ?? {};
  const oldSpec = objectAt(old, "spec");
  validateReplicas(spec, maybeNumberAt(oldSpec, "minReplicas") === 0 ? 0 : 1, problems);
  const target = objectAt(spec, "scaleTargetRef") ?? {};
  validateReference(target, SPEC.child("scaleTargetRef"), targetOptions(target, oldSpec), problems);
  validateMetrics(spec, metricOptions(oldSpec), problems);
  validateScalingBehavior(objectAt(spec, "behavior"), SPEC.child("behavior"), problems);
}

function validateReplicas(spec: JsonObject, lowest: number, problems: Problems): void {
  const min = maybeNumberAt(spec, "minReplicas");
  const max = numberAt(spec, "maxReplicas");
  const maxAt = SPEC.child("maxReplicas");
  if (min !== undefined && min < lowest) {
    const detail = `must be greater than or equal to ${lowest}`;
    problems.invalid(SPEC.child("minReplicas"), min, detail);
  }
  if (max === 0) problems.required(maxAt, "must be set and greater than 0");
  else if (max < 0) problems.invalid(maxAt, max, "must be greater than or equal to 1");
  if (min !== undefined && max < min) {
    problems.invalid(maxAt, max, "must be greater than or equal to `minReplicas`");
  }
}

function validateMetrics(spec: JsonObject, options: ReferenceOptions, problems: Problems): void {
  const metrics = itemsAt(spec, "metrics");
  const at = SPEC.child("metrics");
  metrics.forEach((metric, i) => {
    validateMetric(metric, at.index(i), options, problems);
  });
  const wakes = metrics.some(({ type }) => type === "Object" || type === "External");
  if (maybeNumberAt(spec, "minReplicas") === 0 && !wakes) {
    const detail =
      "must specify at least one Object or External metric to support scaling to zero replicas";
    problems.forbidden(at, detail);
  }
}

/** Of the core group only replication controllers can be scaled. */
function targetOptions(target: JsonObject, oldSpec: JsonObject | undefined): ReferenceOptions {
  const before = objectAt(oldSpec, "scaleTargetRef") ?? {};
  const isAsBefore = (field: string) => textAt(before, field) === textAt(target, field);
  if (oldSpec !== undefined && isAsBefore("apiVersion") && isAsBefore("kind")) {
    return { mayHaveNoGroup: false, mayBeInvalid: true };
  }
  return {
    mayHaveNoGroup: textAt(target, "kind") === "ReplicationController",
    mayBeInvalid: false,
  };
}

function metricOptions(oldSpec: JsonObject | undefined): ReferenceOptions {
  const mayBeInvalid = itemsAt(oldSpec, "metrics").some((metric) => {
    const source = metric.type === "Object" ? objectAt(metric, "object") : undefined;
    const version = textAt(objectAt(source, "describedObject"), "apiVersion");
    return versionError(version, true) !== undefined;
  });
  return { mayHaveNoGroup: true, mayBeInvalid };
}

const autoscalerRules: KindRules = {
  create: (autoscaler, problems) => validateAutoscaler(autoscaler, undefined, problems),
  update: validateAutoscaler,
  subresources: {
    status(autoscaler, _old, problems) {
      const counts = ["currentReplicas", "desiredReplicas"];
      validateNonNegativeNumbers(objectAt(autoscaler, "status"), counts, STATUS, problems);
    },
  },
};

const scaleRules: KindRules = {
  change(scale, _old, problems) {
    validateNonNegativeNumbers(objectAt(scale, "spec"), ["replicas"], SPEC, problems);
  },
};

export const AUTOSCALING_RULES: readonly KindEntry[] = [
  ["autoscaling/v2.HorizontalPodAutoscaler", autoscalerRules],
  ["autoscaling/v1.Scale", scaleRules],
];
