/** Upstream: pkg/apis/batch/validation/validation.go ValidateJobSpecUpdate, pkg/registry/batch/job/strategy.go @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isNil, itemsAt, numberAt, objectAt } from "../../json-fields.ts";
import { SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { shownSelector } from "../selector-match.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { shownFailurePolicy, shownPolicy } from "./job-policies.ts";

const TEMPLATE = SPEC.child("template");
const AFTER_TEMPLATE = [
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
];

/** What queues of suspended Jobs may still change before a Job starts. */
const SCHEDULING_FIELDS = ["nodeSelector", "tolerations", "schedulingGates"];

export function validateJobChange(job: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(job, "spec") ?? {};
  const before = objectAt(old, "spec") ?? {};
  validateCompletions(spec, before, problems);
  if (!semanticEqual(spec.selector, before.selector)) {
    problems.immutable(SPEC.child("selector"), shownSelector(spec.selector));
  }
  validateTemplate(job, old, problems);
  for (const field of AFTER_TEMPLATE) {
    if (semanticEqual(spec[field], before[field])) continue;
    problems.immutable(SPEC.child(field), shownField(field, spec));
  }
}

/** As Go writes its internal types. */
function shownField(field: string, spec: JsonObject): JsonValue {
  const policy = objectAt(spec, field);
  if (policy === undefined) return spec[field] ?? null;
  return field === "successPolicy" ? shownPolicy(policy) : shownFailurePolicy(policy);
}

function validateCompletions(spec: JsonObject, before: JsonObject, problems: Problems): void {
  const at = SPEC.child("completions");
  if (semanticEqual(spec.completions, before.completions)) return;
  if (spec.completionMode !== "Indexed") {
    problems.immutable(at, spec.completions ?? null);
  } else if (!isNil(spec.completions) && spec.completions !== spec.parallelism) {
    const detail = "can only be modified in tandem with spec.parallelism";
    problems.invalid(at, spec.completions, detail);
  }
}

function validateTemplate(job: JsonObject, old: JsonObject, problems: Problems): void {
  const template = objectAt(objectAt(job, "spec"), "template") ?? {};
  const before = objectAt(objectAt(old, "spec"), "template") ?? {};
  if (semanticEqual(template, before)) return;
  if (!mayChangeTemplate(old)) {
    problems.immutable(TEMPLATE, template);
    return;
  }
  // What may change is taken from the new one, and the rest compared.
  const allowed = withResourcesOf(withSchedulingOf(before, template), template);
  const spec = objectAt(template, "spec") ?? {};
  if (!semanticEqual(spec, allowed)) problems.immutable(TEMPLATE.child("spec"), spec);
}

function mayChangeTemplate(old: JsonObject): boolean {
  const status = objectAt(old, "status");
  const isSuspended = itemsAt(status, "conditions").some(
    (condition) => condition.type === "Suspended" && condition.status === "True",
  );
  return (
    objectAt(old, "spec")?.suspend === true &&
    (isNil(status?.startTime) || isSuspended) &&
    numberAt(status, "active") === 0
  );
}

/** The old pod spec with the scheduling directives of the new one. */
function withSchedulingOf(before: JsonObject, template: JsonObject): JsonObject {
  const spec: JsonObject = { ...objectAt(before, "spec") };
  const now = objectAt(template, "spec") ?? {};
  for (const field of SCHEDULING_FIELDS) spec[field] = now[field] ?? null;
  const affinity: JsonObject = { ...objectAt(spec, "affinity") };
  affinity.nodeAffinity = objectAt(now, "affinity")?.nodeAffinity ?? null;
  const isEmpty = isNil(now.affinity) && Object.values(affinity).every(isNil);
  spec.affinity = isEmpty ? null : affinity;
  return spec;
}

function withResourcesOf(spec: JsonObject, template: JsonObject): JsonObject {
  const result: JsonObject = { ...spec };
  for (const field of ["containers", "initContainers"]) {
    const mine = itemsAt(spec, field);
    const theirs = itemsAt(objectAt(template, "spec"), field);
    if (mine.length !== theirs.length) continue;
    result[field] = mine.map((container, i) => {
      const other = theirs[i];
      if (other === undefined || other.name !== container.name) return container;
      return { ...container, resources: other.resources ?? null };
    });
  }
  return result;
}
