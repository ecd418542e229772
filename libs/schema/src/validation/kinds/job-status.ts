/**
 * What a Job's status may say, and become. A rule about a part of it counts only when that part changes, so that a
 * status that was wrong before can still be written.
 *
 * Upstream: pkg/apis/batch/validation/validation.go validateJobStatus, ValidateJobStatusUpdate and
 * pkg/registry/batch/job/strategy.go getStatusValidationOptions @1.36
 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  itemsAt,
  maybeNumberAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
  textsAt,
} from "../../json-fields.ts";
import { validateNonNegativeNumbers } from "../numbers.ts";
import { STATUS } from "../path.ts";
import { IMMUTABLE, type Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { countIndexes, overlapOf } from "./job-indexes.ts";

const CONDITIONS = STATUS.child("conditions");
const COMPLETION_TIME = STATUS.child("completionTime");
const START_TIME = STATUS.child("startTime");

interface JobChange {
  readonly spec: JsonObject;
  readonly status: JsonObject;
  readonly before: JsonObject;
  /** Whether one of these parts of the status, or one of these conditions, is another than before. */
  changed(...names: readonly string[]): boolean;
}

export function validateJobStatus(job: JsonObject, old: JsonObject, problems: Problems): void {
  const status = objectAt(job, "status") ?? {};
  const before = objectAt(old, "status") ?? {};
  const isChanged = (name: string): boolean =>
    /^[A-Z]/.test(name)
      ? is(status, name) !== is(before, name)
      : !semanticEqual(status[name], before[name]);
  const change: JobChange = {
    spec: objectAt(job, "spec") ?? {},
    status,
    before,
    changed: (...names) => names.some(isChanged),
  };
  const counts = ["active", "succeeded", "failed", "ready", "terminating"];
  validateNonNegativeNumbers(status, counts, STATUS, problems);
  validateUncounted(status, problems);
  validateConditions(change, problems);
  validateFinished(change, problems);
  validateIndexes(change, problems);
  validateRest(change, problems);
  validateTransition(change, problems);
}

function is(status: JsonObject, type: string, value = "True"): boolean {
  if (type === "Finished") return is(status, "Complete") || is(status, "Failed");
  return itemsAt(status, "conditions").some(
    (condition) => condition.type === type && condition.status === value,
  );
}

function validateUncounted(status: JsonObject, problems: Problems): void {
  const pods = objectAt(status, "uncountedTerminatedPods");
  const seen = new Set<string>();
  for (const field of ["succeeded", "failed"]) {
    textsAt(pods, field).forEach((uid, i) => {
      const at = STATUS.child("uncountedTerminatedPods").child(field).index(i);
      if (uid === "") problems.invalid(at, uid, "must not be empty");
      else if (seen.has(uid)) problems.duplicate(at, uid);
      seen.add(uid);
    });
  }
}

function validateConditions({ status, changed }: JobChange, problems: Problems): void {
  const isComplete = is(status, "Complete");
  const clash = (what: string): void => problems.invalidWithoutValue(CONDITIONS, what);
  if (changed("Complete", "Failed") && isComplete && is(status, "Failed")) {
    clash("cannot set Complete=True and Failed=true conditions");
  }
  if (changed("Complete", "FailureTarget") && isComplete && is(status, "FailureTarget")) {
    clash("cannot set Complete=True and FailureTarget=true conditions");
  }
  const completion = maybeTextAt(status, "completionTime");
  const start = maybeTextAt(status, "startTime");
  if (changed("Complete", "completionTime")) {
    if (completion !== undefined && !isComplete) {
      const detail = "cannot set completionTime when there is no Complete=True condition";
      problems.invalid(COMPLETION_TIME, completion, detail);
    }
    if (completion === undefined && isComplete) {
      problems.required(COMPLETION_TIME, "completionTime is required for Complete jobs");
    }
  }
  const isEarly =
    start !== undefined && completion !== undefined && Date.parse(completion) < Date.parse(start);
  if (isEarly && changed("startTime", "completionTime")) {
    problems.invalid(COMPLETION_TIME, completion, "must be equal to or after `startTime`");
  }
  if (changed("Failed", "failedIndexes") && is(status, "Failed") && !is(status, "FailureTarget")) {
    clash("cannot set Failed=True condition without the FailureTarget=true condition");
  }
  if (
    changed("Complete", "SuccessCriteriaMet") &&
    isComplete &&
    !is(status, "SuccessCriteriaMet")
  ) {
    clash("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
}

function validateFinished({ spec, status, changed }: JobChange, problems: Problems): void {
  if (!is(status, "Finished")) return;
  const active = numberAt(status, "active");
  if (changed("Finished", "active") && active > 0) {
    problems.invalid(STATUS.child("active"), active, "active>0 is invalid for finished job");
  }
  const neverStarts = spec.suspend === true && spec.completions === 0;
  if (changed("Finished", "startTime") && !neverStarts && isNil(status.startTime)) {
    problems.required(START_TIME, "startTime is required for finished job");
  }
  const pods = objectAt(status, "uncountedTerminatedPods");
  const uncounted = [...textsAt(pods, "failed"), ...textsAt(pods, "succeeded")];
  if (changed("Finished", "uncountedTerminatedPods") && uncounted.length > 0) {
    const at = STATUS.child("uncountedTerminatedPods");
    const shown = { Succeeded: pods?.succeeded ?? null, Failed: pods?.failed ?? null };
    problems.invalid(at, shown, "must be empty for finished job");
  }
}

function validateIndexes({ spec, status, changed }: JobChange, problems: Problems): void {
  const completions = maybeNumberAt(spec, "completions");
  const completed = textAt(status, "completedIndexes");
  const failed = maybeTextAt(status, "failedIndexes");
  const completedAt = STATUS.child("completedIndexes");
  const failedAt = STATUS.child("failedIndexes");
  const hasBackoff = !isNil(spec.backoffLimitPerIndex);
  if (changed("completedIndexes") && completions !== undefined) {
    const counted = countIndexes(completed, completions);
    if (typeof counted === "string") {
      problems.invalid(completedAt, completed, `error parsing completedIndexes: ${counted}`);
    }
  }
  if (changed("failedIndexes") && completions !== undefined && hasBackoff && failed !== undefined) {
    const counted = countIndexes(failed, completions);
    if (typeof counted === "string") {
      problems.invalid(failedAt, failed, `error parsing failedIndexes: ${counted}`);
    }
  }
  if (changed("completedIndexes") && completed !== "" && spec.completionMode !== "Indexed") {
    const detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
    problems.invalid(completedAt, completed, detail);
  }
  if (failed === undefined) return;
  if (changed("failedIndexes") && !hasBackoff) {
    const detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    problems.invalid(failedAt, failed, detail);
  }
  if (!changed("failedIndexes", "completedIndexes") || completions === undefined) return;
  const overlap = overlapOf(completed, failed, completions);
  if (overlap === undefined) return;
  const detail = `failedIndexes and completedIndexes overlap at index: ${overlap}`;
  problems.invalid(failedAt, failed, detail);
}

function validateRest({ spec, status, changed }: JobChange, problems: Problems): void {
  const terminating = numberAt(status, "terminating");
  if (changed("Finished", "terminating") && terminating > 0 && is(status, "Finished")) {
    const detail = "terminating>0 is invalid for finished job";
    problems.invalid(STATUS.child("terminating"), terminating, detail);
  }
  const ready = maybeNumberAt(status, "ready");
  if (changed("ready", "active") && ready !== undefined && ready > numberAt(status, "active")) {
    problems.invalid(STATUS.child("ready"), ready, "cannot set more ready pods than active");
  }
  const isMet = is(status, "SuccessCriteriaMet");
  for (const type of ["Failed", "FailureTarget"]) {
    if (!isMet || !is(status, type)) continue;
    const detail = `cannot set SuccessCriteriaMet=True and ${type}=true conditions`;
    problems.invalidWithoutValue(CONDITIONS, detail);
  }
  if (!isNil(spec.successPolicy) && !isMet && is(status, "Complete")) {
    const detail =
      "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
    problems.invalidWithoutValue(CONDITIONS, detail);
  }
}

function validateTransition(change: JobChange, problems: Problems): void {
  const { spec, status, before, changed } = change;
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (!is(before, type) || is(status, type)) continue;
    const detail = `cannot disable the terminal ${type}=True condition`;
    problems.invalidWithoutValue(CONDITIONS, detail);
  }
  // A Job that can be scaled may count fewer successes than before.
  const isElastic =
    spec.completionMode === "Indexed" && semanticEqual(spec.completions, spec.parallelism);
  for (const field of isElastic ? ["failed"] : ["failed", "succeeded"]) {
    const count = numberAt(status, field);
    if (count < numberAt(before, field)) {
      problems.invalid(STATUS.child(field), count, `cannot decrease the ${field} counter`);
    }
  }
  const hasTimes = !isNil(status.completionTime) && !isNil(before.completionTime);
  if (hasTimes && changed("completionTime")) {
    problems.invalid(COMPLETION_TIME, status.completionTime, IMMUTABLE);
  }
  const isResuming = is(before, "Suspended") && is(status, "Suspended", "False");
  const isStarted = !isNil(before.startTime) && spec.suspend !== true;
  if (changed("startTime") && !isResuming && isStarted) {
    const detail = "field is immutable for unsuspended job once set";
    problems.invalid(START_TIME, status.startTime ?? null, detail);
  }
  const wasMet = is(before, "SuccessCriteriaMet");
  const isMet = is(status, "SuccessCriteriaMet");
  if (wasMet && !isMet) {
    const detail = "cannot disable the SuccessCriteriaMet=True condition";
    problems.invalidWithoutValue(CONDITIONS, detail);
  }
  if (is(before, "Complete") && !wasMet && isMet) {
    const detail =
      "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
    problems.invalidWithoutValue(CONDITIONS, detail);
  }
}
