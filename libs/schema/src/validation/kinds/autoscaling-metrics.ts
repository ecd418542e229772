/** What an autoscaler watches. Upstream: pkg/apis/autoscaling/validation/validation.go validateMetricSpec @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isNil, maybeNumberAt, objectAt, textAt } from "../../json-fields.ts";
import { dns1123Label, pathSegment } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { nanosOf, validateContainerResourceName } from "../resource-names.ts";
import { type ReferenceOptions, validateReference } from "./autoscaling-reference.ts";

type ValidateSource = (
  source: JsonObject,
  at: Path,
  problems: Problems,
  options: ReferenceOptions,
) => void;

/** Of each type of metric its field and the rules for it, in the order in which they are looked at. */
const SOURCES: readonly (readonly [type: string, field: string, validate: ValidateSource])[] = [
  ["Object", "object", validateObjectSource],
  ["External", "external", validateExternalSource],
  ["Pods", "pods", validatePodsSource],
  ["Resource", "resource", validateResourceSource],
  ["ContainerResource", "containerResource", validateContainerSource],
];
const TYPES = SOURCES.map(([type]) => type).sort();
const TARGET_TYPES: readonly string[] = ["Utilization", "Value", "AverageValue"];

export function validateMetric(
  metric: JsonObject,
  at: Path,
  options: ReferenceOptions,
  problems: Problems,
): void {
  const type = textAt(metric, "type");
  const typeAt = at.child("type");
  if (type === "") problems.required(typeAt, "must specify a metric source type");
  const named = SOURCES.find(([known]) => known === type)?.[1];
  if (named === undefined) problems.notSupported(typeAt, type, TYPES);
  const given = SOURCES.filter(([, field]) => !isNil(metric[field]));
  const [first] = given;
  if (first !== undefined) {
    const [, field, validate] = first;
    validate(objectAt(metric, field) ?? {}, at.child(field), problems, options);
  }
  // Upstream says this once more where it looks for the field that the type names.
  if (named === undefined) problems.notSupported(typeAt, type, TYPES);
  else if (isNil(metric[named])) {
    problems.required(at.child(named), "must populate information for the given metric source");
  }
  if (given.length === 1) return;
  for (const [, field] of given) {
    if (field === named) continue;
    problems.forbidden(at.child(field), "must populate the given metric source only");
  }
}

function validateObjectSource(
  source: JsonObject,
  at: Path,
  problems: Problems,
  options: ReferenceOptions,
): void {
  const described = objectAt(source, "describedObject");
  validateReference(described, at.child("describedObject"), options, problems);
  validateIdentifier(source, at, problems);
  const target = validateTarget(source, at, problems);
  if (isNil(target.value) && isNil(target.averageValue)) {
    const detail = "must set either a target value or averageValue";
    problems.required(at.child("target").child("averageValue"), detail);
  }
}

function validateExternalSource(source: JsonObject, at: Path, problems: Problems): void {
  validateIdentifier(source, at, problems);
  const target = validateTarget(source, at, problems);
  const targetAt = at.child("target");
  if (isNil(target.value) && isNil(target.averageValue)) {
    const detail = "must set either a target value for metric or a per-pod target";
    problems.required(targetAt.child("averageValue"), detail);
  }
  if (!isNil(target.value) && !isNil(target.averageValue)) {
    const detail = "may not set both a target value for metric and a per-pod target";
    problems.forbidden(targetAt.child("value"), detail);
  }
}

function validatePodsSource(source: JsonObject, at: Path, problems: Problems): void {
  validateIdentifier(source, at, problems);
  const target = validateTarget(source, at, problems);
  if (isNil(target.averageValue)) {
    const detail = "must specify a positive target averageValue";
    problems.required(at.child("target").child("averageValue"), detail);
  }
}

function validateResourceSource(source: JsonObject, at: Path, problems: Problems): void {
  if (textAt(source, "name") === "")
    problems.required(at.child("name"), "must specify a resource name");
  validateResourceTarget(source, at, problems);
}

function validateContainerSource(source: JsonObject, at: Path, problems: Problems): void {
  const name = textAt(source, "name");
  if (name === "") problems.required(at.child("name"), "must specify a resource name");
  else validateContainerResourceName(name, at.child("name"), problems);
  const container = textAt(source, "container");
  const containerAt = at.child("container");
  if (container === "") problems.required(containerAt, "must specify a container");
  else problems.invalidEach(containerAt, container, dns1123Label(container));
  validateResourceTarget(source, at, problems);
}

function validateResourceTarget(source: JsonObject, at: Path, problems: Problems): void {
  const target = validateTarget(source, at, problems);
  const targetAt = at.child("target");
  if (isNil(target.averageUtilization) && isNil(target.averageValue)) {
    const detail = "must set either a target raw value or a target utilization";
    problems.required(targetAt.child("averageUtilization"), detail);
  }
  if (!isNil(target.averageUtilization) && !isNil(target.averageValue)) {
    const detail = "may not set both a target raw value and a target utilization";
    problems.forbidden(targetAt.child("averageValue"), detail);
  }
}

/** Gives the target, empty where there is none. */
function validateTarget(source: JsonObject, metricAt: Path, problems: Problems): JsonObject {
  const target = objectAt(source, "target") ?? {};
  const at = metricAt.child("target");
  const type = textAt(target, "type");
  if (type === "") problems.required(at.child("type"), "must specify a metric target type");
  if (!TARGET_TYPES.includes(type)) {
    problems.invalid(at.child("type"), type, "must be either Utilization, Value, or AverageValue");
  }
  for (const field of ["value", "averageValue"]) {
    if (isGivenButNotPositive(target[field]))
      problems.invalid(at.child(field), target[field], "must be positive");
  }
  const utilization = maybeNumberAt(target, "averageUtilization");
  if (utilization !== undefined && utilization < 1) {
    problems.invalid(at.child("averageUtilization"), utilization, "must be greater than 0");
  }
  return target;
}

function isGivenButNotPositive(amount: JsonValue | undefined): boolean {
  const nanos = nanosOf(amount);
  return nanos !== undefined && nanos <= 0n;
}

function validateIdentifier(source: JsonObject, at: Path, problems: Problems): void {
  const name = textAt(objectAt(source, "metric"), "name");
  const here = at.child("metric").child("name");
  if (name === "") problems.required(here, "must specify a metric name");
  else problems.invalidEach(here, name, pathSegment(name));
}
