/** Upstream: pkg/apis/batch/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { entryOf, isNil, maybeTextAt, numberAt, objectAt, textAt } from "../../json-fields.ts";
import { validateCron, validateTimeZone } from "../cron.ts";
import { dns1123Label } from "../formats.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateNonNegativeNumbers } from "../numbers.ts";
import { METADATA, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { selectorMatches, shownSelector } from "../selector-match.ts";
import { validateJobSpec, validateJobTemplate } from "./job-spec.ts";
import { validateJobStatus } from "./job-status.ts";
import { validateJobChange } from "./job-update.ts";

const SELECTOR = SPEC.child("selector");

function validateJob(job: JsonObject, problems: Problems): void {
  validateGeneratedSelector(job, problems);
  const spec = objectAt(job, "spec") ?? {};
  validateJobSpec(spec, SPEC, problems);
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
    else if (actual !== value) problems.invalid(at.key(key), labels ?? null, detail);
  }
  if (!selectorMatches(selector, expected)) {
    problems.invalid(SELECTOR, shownSelector(selector), "`selector` not auto-generated");
  }
}

function validateCronJob(
  cronJob: JsonObject,
  old: JsonObject | undefined,
  problems: Problems,
): void {
  const spec = objectAt(cronJob, "spec") ?? {};
  const before = objectAt(old, "spec");
  validateSchedule(spec, before, problems);
  validateNonNegativeNumbers(spec, ["startingDeadlineSeconds"], SPEC, problems);
  const zone = maybeTextAt(spec, "timeZone");
  if (zone !== undefined && (old === undefined || zone !== maybeTextAt(before, "timeZone"))) {
    validateTimeZone(zone, SPEC.child("timeZone"), problems);
  }
  const policy = textAt(spec, "concurrencyPolicy");
  const policyAt = SPEC.child("concurrencyPolicy");
  if (policy === "") problems.required(policyAt);
  else if (!CONCURRENCY.includes(policy)) problems.notSupported(policyAt, policy, CONCURRENCY);
  validateTemplate(objectAt(objectAt(spec, "jobTemplate"), "spec") ?? {}, problems);
  const limits = ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"];
  validateNonNegativeNumbers(spec, limits, SPEC, problems);
}

const CONCURRENCY: readonly string[] = ["Allow", "Forbid", "Replace"];

function validateSchedule(
  spec: JsonObject,
  before: JsonObject | undefined,
  problems: Problems,
): void {
  const schedule = textAt(spec, "schedule");
  const at = SPEC.child("schedule");
  if (schedule === "") {
    problems.required(at);
    return;
  }
  validateCron(schedule, at, problems);
  if (!schedule.includes("TZ")) return;
  // Those that had it before may keep it.
  if (!textAt(before, "schedule").includes("TZ")) {
    const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    problems.invalid(at, schedule, detail);
  } else if (!isNil(spec.timeZone)) {
    const detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
    problems.invalid(at, schedule, detail);
  }
}

function validateTemplate(spec: JsonObject, problems: Problems): void {
  const at = SPEC.child("jobTemplate").child("spec");
  validateJobTemplate(spec, at, problems);
  const selector = objectAt(spec, "selector");
  if (selector !== undefined) {
    const detail = "`selector` will be auto-generated";
    problems.invalid(at.child("selector"), shownSelector(selector), detail);
  }
  if (spec.manualSelector === true) {
    problems.notSupported(at.child("manualSelector"), true, ["nil", "false"]);
  }
}

function validateCronJobName(cronJob: JsonObject, problems: Problems): void {
  const name = textAt(objectAt(cronJob, "metadata"), "name");
  if (name.length <= CRON_JOB_NAME_MAX) return;
  const detail = `must be no more than ${CRON_JOB_NAME_MAX} characters`;
  problems.invalid(METADATA.child("name"), name, detail);
}

/** Its Jobs are named after it, with a time behind. */
const CRON_JOB_NAME_MAX = 52;

export const BATCH_RULES: readonly (readonly [string, KindRules])[] = [
  [
    "batch/v1.Job",
    {
      metaOnUpdate: "whole",
      create: validateJob,
      change(job, old, problems) {
        validateJobSpec(objectAt(job, "spec") ?? {}, SPEC, problems);
        validateJobChange(job, old, problems);
      },
      subresources: { status: validateJobStatus },
    },
  ],
  [
    "batch/v1.CronJob",
    {
      create(cronJob, problems) {
        validateCronJob(cronJob, undefined, problems);
        validateCronJobName(cronJob, problems);
      },
      update: validateCronJob,
    },
  ],
];
