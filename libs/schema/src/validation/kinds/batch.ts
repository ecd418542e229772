/** Upstream: pkg/apis/batch/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  entryOf,
  isNil,
  itemsAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import { dns1123Label } from "../formats.ts";
import { validateNonNegativeNumbers } from "../numbers.ts";
import { METADATA, SPEC, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import { selectorMatches } from "../selector-match.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";
import { validateJobSpec } from "./job-spec.ts";

const SELECTOR = SPEC.child("selector");
const CONDITIONS = STATUS.child("conditions");
const COMPLETION_TIME = STATUS.child("completionTime");

function validateNewJob(job: JsonObject, problems: Problems): void {
  const spec = objectAt(job, "spec") ?? {};
  const name = textAt(objectAt(job, "metadata"), "name");
  const completions = numberAt(spec, "completions");
  if (textAt(spec, "completionMode") === "Indexed" && completions > 0) {
    // The host name of the last pod.
    const host = `${name}-${completions - 1}`;
    if (dns1123Label(host).length > 0) {
      const detail = `will not able to create pod with invalid DNS label: ${host}`;
      problems.invalid(METADATA.child("name"), name, detail);
    }
  }
  validateJobSpec(spec, SPEC, problems);
}

/** Labels and the selector that the strategy made must still be there. */
function validateGeneratedSelector(job: JsonObject, problems: Problems): void {
  const spec = objectAt(job, "spec") ?? {};
  const selector = objectAt(spec, "selector");
  if (spec.manualSelector === true || selector === undefined) return;
  const metadata = objectAt(job, "metadata");
  const uid = textAt(metadata, "uid");
  const name = textAt(metadata, "name");
  const expected = {
    "controller-uid": uid,
    "job-name": name,
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
  };
  const labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
  const at = SPEC.child("template").child("metadata").child("labels");
  for (const [key, value] of Object.entries(expected)) {
    const actual = entryOf(labels, key);
    const detail = `must be '${value}'`;
    if (actual === undefined) problems.required(at.key(key), detail);
    if (actual !== value) problems.invalid(at.key(key), labels ?? null, detail);
  }
  if (!selectorMatches(selector, expected)) {
    problems.invalid(SELECTOR, selector, "`selector` not auto-generated");
  }
}

/** What the queue of suspended jobs may still change before a job starts. */
const SCHEDULING_FIELDS = ["nodeSelector", "tolerations", "schedulingGates"];

function validateTemplateChange(job: JsonObject, old: JsonObject, problems: Problems): void {
  const template = objectAt(objectAt(job, "spec"), "template") ?? {};
  const before = objectAt(objectAt(old, "spec"), "template") ?? {};
  if (semanticEqual(template, before)) return;
  const mayChange =
    objectAt(old, "spec")?.suspend === true && isNil(objectAt(old, "status")?.startTime);
  const compared = mayChange ? withSchedulingOf(template, before) : template;
  if (!semanticEqual(compared, before)) problems.immutable(SPEC.child("template"), template);
}

function withSchedulingOf(template: JsonObject, before: JsonObject): JsonObject {
  const spec: JsonObject = { ...objectAt(template, "spec") };
  const specBefore = objectAt(before, "spec") ?? {};
  for (const field of SCHEDULING_FIELDS) spec[field] = specBefore[field] ?? null;
  const affinity: JsonObject = { ...objectAt(spec, "affinity") };
  affinity.nodeAffinity = objectAt(specBefore, "affinity")?.nodeAffinity ?? null;
  const isEmpty = Object.values(affinity).every(isNil);
  const metadata: JsonObject = { ...objectAt(template, "metadata") };
  const metadataBefore = objectAt(before, "metadata");
  for (const field of ["labels", "annotations"]) metadata[field] = metadataBefore?.[field] ?? null;
  return { ...template, metadata, spec: { ...spec, affinity: isEmpty ? null : affinity } };
}

function validateCompletionsChange(job: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(job, "spec") ?? {};
  const before = objectAt(old, "spec") ?? {};
  const at = SPEC.child("completions");
  if (semanticEqual(spec.completions, before.completions)) return;
  if (textAt(spec, "completionMode") !== "Indexed") {
    problems.immutable(at, spec.completions ?? null);
  } else if (!semanticEqual(spec.completions, spec.parallelism)) {
    const detail = "can only be modified in tandem with spec.parallelism";
    problems.invalid(at, spec.completions ?? null, detail);
  }
}

function hasCondition(job: JsonObject, type: string): boolean {
  return itemsAt(objectAt(job, "status"), "conditions").some(
    (condition) => condition.type === type && condition.status === "True",
  );
}

function validateJobStatus(job: JsonObject, old: JsonObject, problems: Problems): void {
  const status = objectAt(job, "status") ?? {};
  const before = objectAt(old, "status") ?? {};
  const counts = ["active", "succeeded", "failed", "ready", "terminating"];
  validateNonNegativeNumbers(status, counts, STATUS, problems);
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (hasCondition(old, type) && !hasCondition(job, type)) {
      const detail = `cannot disable the terminal ${type}=True condition`;
      problems.invalidWithoutValue(CONDITIONS, detail);
    }
  }
  for (const field of ["failed", "succeeded"]) {
    const count = numberAt(status, field);
    if (count < numberAt(before, field)) {
      problems.invalid(STATUS.child(field), count, `cannot decrease the ${field} counter`);
    }
  }
  validateFinished(job, problems);
  validateTimes(job, old, problems);
}

function validateFinished(job: JsonObject, problems: Problems): void {
  const status = objectAt(job, "status") ?? {};
  const isComplete = hasCondition(job, "Complete");
  const isFailed = hasCondition(job, "Failed");
  if (isComplete || isFailed) {
    const active = numberAt(status, "active");
    if (active > 0) {
      problems.invalid(STATUS.child("active"), active, "active>0 is invalid for finished job");
    }
    if (isNil(status.startTime)) {
      problems.required(STATUS.child("startTime"), "startTime is required for finished job");
    }
  }
  if (isComplete && isNil(status.completionTime)) {
    problems.required(COMPLETION_TIME, "completionTime is required for Complete jobs");
  }
  if (!isComplete && !isNil(status.completionTime)) {
    const detail = "cannot set completionTime when there is no Complete=True condition";
    problems.invalid(COMPLETION_TIME, status.completionTime, detail);
  }
  const clashes = isComplete
    ? ["Failed", "FailureTarget"].filter((type) => hasCondition(job, type))
    : [];
  for (const type of clashes) {
    const detail = `cannot set Complete=True and ${type}=true conditions`;
    problems.invalidWithoutValue(CONDITIONS, detail);
  }
}

function validateTimes(job: JsonObject, old: JsonObject, problems: Problems): void {
  const status = objectAt(job, "status") ?? {};
  const before = objectAt(old, "status") ?? {};
  const start = maybeTextAt(status, "startTime");
  const startBefore = maybeTextAt(before, "startTime");
  const isSuspended = objectAt(job, "spec")?.suspend === true;
  if (startBefore !== undefined && start !== startBefore && !isSuspended) {
    const at = STATUS.child("startTime");
    if (start === undefined) {
      problems.required(at, "startTime cannot be removed for unsuspended job");
    } else {
      problems.invalid(at, start, "startTime cannot be modified for unsuspended job");
    }
  }
  const completion = maybeTextAt(status, "completionTime");
  const completionBefore = maybeTextAt(before, "completionTime");
  if (completionBefore !== undefined && completion !== completionBefore) {
    problems.invalid(COMPLETION_TIME, completion ?? null, "completionTime cannot be mutated");
  }
  if (
    start !== undefined &&
    completion !== undefined &&
    Date.parse(completion) < Date.parse(start)
  ) {
    const detail = "completionTime cannot be set before startTime";
    problems.invalid(COMPLETION_TIME, completion, detail);
  }
}

function validateCronJob(cronJob: JsonObject, problems: Problems): void {
  const template = objectAt(objectAt(cronJob, "spec"), "jobTemplate");
  const spec = objectAt(template, "spec") ?? {};
  const at = SPEC.child("jobTemplate").child("spec");
  validateJobSpec(spec, at, problems);
  if (spec.manualSelector === true) {
    problems.notSupported(at.child("manualSelector"), true, ["nil", "false"]);
  }
}

export const BATCH_RULES: readonly KindEntry[] = [
  kindFromTable("batch/v1.Job", {
    create: validateNewJob,
    onlyCreate: validateGeneratedSelector,
    change(job, old, problems) {
      validateCompletionsChange(job, old, problems);
      validateTemplateChange(job, old, problems);
    },
    subresources: { status: validateJobStatus },
  }),
  kindFromTable("batch/v1.CronJob", { create: validateCronJob }),
];
