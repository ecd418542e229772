/** Upstream: pkg/apis/batch/validation/validation.go ValidateJobSpec, validateJobSpec @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  maybeNumberAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import { validateDomainPrefixedPath } from "../domain-names.ts";
import { byteLength } from "../formats.ts";
import { validateNonNegativeNumbers } from "../numbers.ts";
import { validateLabelSelector } from "../object-meta.ts";
import type { Path } from "../path.ts";
import { validatePodTemplate } from "../pod/pod-template.ts";
import type { Problems } from "../problems.ts";
import { selectorMatches } from "../selector-match.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./job-policies.ts";

const RESTART_POLICIES: readonly string[] = ["OnFailure", "Never"];
const REPLACEMENTS: readonly string[] = ["Failed", "TerminatingOrFailed"];
const MODES: readonly string[] = ["NonIndexed", "Indexed"];
const MANAGED_BY_BYTES_MAX = 63;
const MANY_COMPLETIONS = 100_000;
const PARALLELISM_MAX = 100_000;
const PARALLELISM_OF_MANY_MAX = 10_000;
const FAILED_INDEXES_MAX = 100_000;
const FAILED_INDEXES_OF_MANY_MAX = 10_000;
const COUNTS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
];

/** The spec of a Job, which has a selector. */
export function validateJobSpec(spec: JsonObject, at: Path, problems: Problems): void {
  validateJobTemplate(spec, at, problems);
  const selector = objectAt(spec, "selector");
  const count = problems.causes.length;
  if (selector === undefined) problems.required(at.child("selector"));
  else {
    validateLabelSelector(selector, at.child("selector"), problems);
    if (problems.causes.length > count) return;
  }
  const labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
  if (selector !== undefined && selectorMatches(selector, labels ?? {})) return;
  const labelsAt = at.child("template").child("metadata").child("labels");
  problems.invalid(labelsAt, labels, "`selector` does not match template `labels`");
}

/** The spec of a Job to be, which gets its selector when it is made. */
export function validateJobTemplate(spec: JsonObject, at: Path, problems: Problems): void {
  validateNonNegativeNumbers(spec, COUNTS, at, problems);
  if (!isNil(spec.maxFailedIndexes) && isNil(spec.backoffLimitPerIndex)) {
    problems.required(at.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
  }
  const managedBy = maybeTextAt(spec, "managedBy");
  if (managedBy !== undefined) {
    validateDomainPrefixedPath(managedBy, at.child("managedBy"), problems);
    if (byteLength(managedBy) > MANAGED_BY_BYTES_MAX) {
      problems.tooLong(at.child("managedBy"), MANAGED_BY_BYTES_MAX);
    }
  }
  validateMode(spec, at, problems);
  validateFailurePolicy(spec, at, problems);
  validateSuccessPolicy(spec, at, problems);
  validateReplacement(spec, at.child("podReplacementPolicy"), problems);
  validatePodTemplate(objectAt(spec, "template") ?? {}, at.child("template"), problems);
  validateRestartPolicy(spec, at, problems);
}

function validateMode(spec: JsonObject, at: Path, problems: Problems): void {
  const mode = maybeTextAt(spec, "completionMode");
  if (mode !== undefined && !MODES.includes(mode)) {
    problems.notSupported(at.child("completionMode"), mode, MODES);
  }
  if (mode === "Indexed") validateIndexed(spec, at, problems);
  if (mode !== undefined && mode !== "NonIndexed") return;
  for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"]) {
    const value = maybeNumberAt(spec, field);
    if (value !== undefined)
      problems.invalid(at.child(field), value, "requires indexed completion mode");
  }
}

/** The status lists failed indexes, which must stay small enough for an object. */
function validateIndexed(spec: JsonObject, at: Path, problems: Problems): void {
  const completions = maybeNumberAt(spec, "completions");
  const parallelism = numberAt(spec, "parallelism");
  const failed = maybeNumberAt(spec, "maxFailedIndexes");
  const failedAt = at.child("maxFailedIndexes");
  const parallelismAt = at.child("parallelism");
  if (completions === undefined) {
    problems.required(at.child("completions"), "when completion mode is Indexed");
  }
  if (parallelism > PARALLELISM_MAX) {
    const detail = `must be less than or equal to ${PARALLELISM_MAX} when completion mode is Indexed`;
    problems.invalid(parallelismAt, parallelism, detail);
  }
  if (failed !== undefined && completions !== undefined && failed > completions) {
    problems.invalid(failedAt, failed, "must be less than or equal to completions");
  }
  if (failed !== undefined && failed > FAILED_INDEXES_MAX) {
    problems.invalid(failedAt, failed, `must be less than or equal to ${FAILED_INDEXES_MAX}`);
  }
  if ((completions ?? 0) <= MANY_COMPLETIONS || isNil(spec.backoffLimitPerIndex)) return;
  const when = `when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (failed === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    problems.required(failedAt, detail);
  }
  if (parallelism > PARALLELISM_OF_MANY_MAX) {
    const detail = `must be less than or equal to ${PARALLELISM_OF_MANY_MAX} ${when}`;
    problems.invalid(parallelismAt, parallelism, detail);
  }
  if (failed !== undefined && failed > FAILED_INDEXES_OF_MANY_MAX) {
    const detail = `must be less than or equal to ${FAILED_INDEXES_OF_MANY_MAX} ${when}`;
    problems.invalid(failedAt, failed, detail);
  }
}

function validateReplacement(spec: JsonObject, at: Path, problems: Problems): void {
  const policy = maybeTextAt(spec, "podReplacementPolicy");
  const allowed = isNil(spec.podFailurePolicy) ? REPLACEMENTS : ["Failed"];
  if (policy !== undefined && !allowed.includes(policy)) {
    problems.notSupported(at, policy, allowed);
  }
}

function validateRestartPolicy(spec: JsonObject, at: Path, problems: Problems): void {
  const policy = textAt(objectAt(objectAt(spec, "template"), "spec"), "restartPolicy");
  const here = at.child("template").child("spec").child("restartPolicy");
  if (policy === "" || policy === "Always") {
    problems.required(here, 'valid values: "OnFailure", "Never"');
  } else if (!RESTART_POLICIES.includes(policy)) {
    problems.notSupported(here, policy, RESTART_POLICIES);
  } else if (policy !== "Never" && !isNil(spec.podFailurePolicy)) {
    const detail = 'only "Never" is supported when podFailurePolicy is specified';
    problems.invalid(here, policy, detail);
  }
}
