/** Upstream: pkg/apis/autoscaling/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, itemsAt, maybeNumberAt, numberAt, objectAt, textAt } from "../../json-fields.ts";
import { pathSegment } from "../formats.ts";
import { type Path, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

/** The field of a metric by its type. */
const SOURCES: Readonly<Record<string, string>> = {
  Object: "object",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
  External: "external",
};

function validateAutoscaler(autoscaler: JsonObject, problems: Problems): void {
  const spec = objectAt(autoscaler, "spec") ?? {};
  validateReplicas(spec, problems);
  validateTarget(objectAt(spec, "scaleTargetRef"), problems);
  itemsAt(spec, "metrics").forEach((metric, i) => {
    const at = SPEC.child("metrics").index(i);
    validateMetricSource(metric, at, problems);
    const target = objectAt(objectAt(metric, "object"), "target");
    if (target !== undefined && isNil(target.value) && isNil(target.averageValue)) {
      const here = at.child("object").child("target").child("averageValue");
      problems.required(here, "must set either a target value for metric or a per-pod target");
    }
  });
}

function validateOldAutoscaler(autoscaler: JsonObject, problems: Problems): void {
  const spec = objectAt(autoscaler, "spec") ?? {};
  validateReplicas(spec, problems);
  validateTarget(objectAt(spec, "scaleTargetRef"), problems);
}

function validateReplicas(spec: JsonObject, problems: Problems): void {
  const min = maybeNumberAt(spec, "minReplicas");
  const max = numberAt(spec, "maxReplicas");
  const maxAt = SPEC.child("maxReplicas");
  if (min !== undefined && min < 1) {
    problems.invalid(SPEC.child("minReplicas"), min, "must be greater than or equal to 1");
  }
  if (max === 0) problems.required(maxAt, "must be set and greater than 0");
  else if (max < 0) problems.invalid(maxAt, max, "must be greater than or equal to 1");
  if (min !== undefined && max < min) {
    problems.invalid(maxAt, max, "must be greater than or equal to `minReplicas`");
  }
}

function validateTarget(target: JsonObject | undefined, problems: Problems): void {
  const at = SPEC.child("scaleTargetRef");
  for (const field of ["kind", "name"]) {
    const text = textAt(target, field);
    if (text === "") problems.required(at.child(field));
    else problems.invalidEach(at.child(field), text, pathSegment(text));
  }
  const version = textAt(target, "apiVersion");
  const wrong = versionError(version, textAt(target, "kind"));
  if (wrong !== undefined) problems.invalid(at.child("apiVersion"), version, wrong);
}

/** Of the core group only replication controllers can be scaled. Upstream: ValidateAPIVersion */
function versionError(version: string, kind: string): string | undefined {
  const parts = version.split("/");
  if (parts.length > 2) return `unexpected GroupVersion string: ${version}`;
  if (parts.length === 2 && parts[0] !== "") return undefined;
  return kind === "ReplicationController" ? undefined : "apiVersion must specify API group";
}

/** The field that the type names is set, and no other. */
function validateMetricSource(metric: JsonObject, at: Path, problems: Problems): void {
  const type = textAt(metric, "type");
  const named = Object.hasOwn(SOURCES, type) ? SOURCES[type] : undefined;
  const given = Object.values(SOURCES).filter((field) => !isNil(metric[field]));
  for (const field of given.slice(1)) {
    const detail = "must populate the given metric source only";
    if (given.length > 1 && field !== named) problems.forbidden(at.child(field), detail);
  }
  if (named !== undefined && isNil(metric[named])) {
    problems.required(at.child(named), "must populate information for the given metric source");
  }
}

export const AUTOSCALING_RULES: readonly KindEntry[] = [
  kindFromTable("autoscaling/v2.HorizontalPodAutoscaler", { create: validateAutoscaler }),
  kindFromTable("autoscaling/v1.HorizontalPodAutoscaler", { create: validateOldAutoscaler }),
  kindFromTable("autoscaling/v1.Scale"),
];
