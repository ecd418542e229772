/** Upstream: pkg/apis/autoscaling/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, itemsAt, objectAt, textAt } from "../../json-fields.ts";
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
  validateTargetVersion(objectAt(spec, "scaleTargetRef"), problems);
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

function validateTargetVersion(target: JsonObject | undefined, problems: Problems): void {
  const version = textAt(target, "apiVersion");
  if (version === "" || version.split("/").length <= 2) return;
  const at = SPEC.child("scaleTargetRef").child("apiVersion");
  problems.invalid(at, version, `unexpected GroupVersion string: ${version}`);
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
  kindFromTable("autoscaling/v1.HorizontalPodAutoscaler"),
  kindFromTable("autoscaling/v1.Scale"),
];
