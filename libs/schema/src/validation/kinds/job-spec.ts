/** Upstream: pkg/apis/batch/validation/validation.go validateJobSpec @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  itemsAt,
  maybeNumberAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import type { Path } from "../path.ts";
import { validatePodTemplate } from "../pod/pod-template.ts";
import type { Problems } from "../problems.ts";

const RESTART_POLICIES: readonly string[] = ["OnFailure", "Never"];
const MANY_COMPLETIONS = 100_000;
const PARALLELISM_OF_MANY_MAX = 10_000;
const FAILED_INDEXES_MAX = 100_000;
const FAILED_INDEXES_OF_MANY_MAX = 10_000;
const EXIT_CODES_MAX = 255;

/** What the table's rules leave: relations between fields. */
export function validateJobSpec(spec: JsonObject, at: Path, problems: Problems): void {
  const template = objectAt(spec, "template") ?? {};
  validatePodTemplate(template, at.child("template"), problems);
  validateRestartPolicy(spec, at, problems);
  validateFailedIndexes(spec, at, problems);
  validateFailurePolicy(spec, at, problems);
  validateSuccessPolicy(spec, at, problems);
  const replacement = maybeTextAt(spec, "podReplacementPolicy");
  if (replacement === "TerminatingOrFailed" && !isNil(spec.podFailurePolicy)) {
    const detail = 'only "Failed" is supported when podFailurePolicy is specified';
    problems.invalid(at.child("podReplacementPolicy"), replacement, detail);
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

/** The status lists failed indexes, which must stay small enough for an object. */
function validateFailedIndexes(spec: JsonObject, at: Path, problems: Problems): void {
  if (textAt(spec, "completionMode") !== "Indexed") return;
  const isMany = numberAt(spec, "completions") > MANY_COMPLETIONS;
  const failed = maybeNumberAt(spec, "maxFailedIndexes");
  const max = isMany ? FAILED_INDEXES_OF_MANY_MAX : FAILED_INDEXES_MAX;
  if (failed !== undefined && failed > max) {
    const detail = `must be less than or equal to ${max}`;
    problems.invalid(at.child("maxFailedIndexes"), failed, detail);
  }
  if (!isMany || isNil(spec.backoffLimitPerIndex)) return;
  if (failed === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    problems.required(at.child("maxFailedIndexes"), detail);
  }
  const parallelism = numberAt(spec, "parallelism");
  if (parallelism > PARALLELISM_OF_MANY_MAX) {
    const detail = `must be less than or equal to ${PARALLELISM_OF_MANY_MAX} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
    problems.invalid(at.child("parallelism"), parallelism, detail);
  }
}

function validateFailurePolicy(spec: JsonObject, at: Path, problems: Problems): void {
  const rules = itemsAt(objectAt(spec, "podFailurePolicy"), "rules");
  if (rules.length === 0) return;
  const podSpec = objectAt(objectAt(spec, "template"), "spec");
  const names = new Set(
    [...itemsAt(podSpec, "containers"), ...itemsAt(podSpec, "initContainers")].map((container) =>
      textAt(container, "name"),
    ),
  );
  rules.forEach((rule, i) => {
    const ruleAt = at.child("podFailurePolicy").child("rules").index(i);
    if (rule.action === "FailIndex" && isNil(spec.backoffLimitPerIndex)) {
      const detail = "requires the backoffLimitPerIndex to be set";
      problems.invalid(ruleAt.child("action"), "FailIndex", detail);
    }
    const codes = objectAt(rule, "onExitCodes");
    if (codes === undefined) return;
    const codesAt = ruleAt.child("onExitCodes");
    const name = maybeTextAt(codes, "containerName");
    if (name !== undefined && !names.has(name)) {
      const detail = "must be one of the container or init container names in the pod template";
      problems.invalid(codesAt.child("containerName"), name, detail);
    }
    validateExitCodes(codes, codesAt.child("values"), problems);
  });
}

function validateExitCodes(codes: JsonObject, at: Path, problems: Problems): void {
  const values = Array.isArray(codes.values) ? codes.values.map(Number) : [];
  if (values.length === 0) problems.invalid(at, values, "at least one value is required");
  if (values.length > EXIT_CODES_MAX) problems.tooMany(at, values.length, EXIT_CODES_MAX);
  let isOrdered = true;
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (value === 0 && codes.operator === "In") {
      problems.invalid(at.index(i), value, "must not be 0 for the In operator");
    }
    if (seen.has(value)) problems.duplicate(at.index(i), value);
    seen.add(value);
    if (i > 0 && value < (values[i - 1] ?? value)) isOrdered = false;
  });
  if (!isOrdered) problems.invalid(at, values, "must be ordered");
}

function validateSuccessPolicy(spec: JsonObject, at: Path, problems: Problems): void {
  const policy = objectAt(spec, "successPolicy");
  if (policy === undefined) return;
  const here = at.child("successPolicy");
  if (textAt(spec, "completionMode") !== "Indexed") {
    problems.invalid(here, policy, "requires indexed completion mode");
    return;
  }
  itemsAt(policy, "rules").forEach((rule, i) => {
    validateSuccessRule(rule, here.child("rules").index(i), {
      completions: numberAt(spec, "completions"),
      problems,
    });
  });
}

function validateSuccessRule(
  rule: JsonObject,
  at: Path,
  { completions, problems }: { readonly completions: number; readonly problems: Problems },
): void {
  const count = maybeNumberAt(rule, "succeededCount");
  const indexes = maybeTextAt(rule, "succeededIndexes");
  if (count === undefined && indexes === undefined) {
    problems.required(at, "at least one of succeededCount or succeededIndexes must be specified");
    return;
  }
  let total: number | undefined;
  if (indexes !== undefined) {
    const counted = countIndexes(indexes, completions);
    if (typeof counted === "number") total = counted;
    else {
      const detail = `error parsing succeededIndexes: ${counted}`;
      problems.invalid(at.child("succeededIndexes"), indexes, detail);
    }
  }
  if (count === undefined) return;
  const countAt = at.child("succeededCount");
  if (count < 0) problems.invalid(countAt, count, "must be greater than or equal to 0");
  if (count > completions) {
    const detail = `must be less than or equal to ${completions} (the number of specified completions)`;
    problems.invalid(countAt, count, detail);
  }
  if (total !== undefined && count > total) {
    const detail = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    problems.invalid(countAt, count, detail);
  }
}

/** How many indexes "1,3-5,7" names; a text says what is wrong with it. */
function countIndexes(indexes: string, completions: number): number | string {
  if (indexes === "") return 0;
  let total = 0;
  let last = -1;
  for (const interval of indexes.split(",")) {
    const limits = interval.split("-");
    if (limits.length > 2) {
      return `the fragment "${interval}" violates the requirement that an index interval can have at most two parts separated by '-'`;
    }
    if (!limits.every((limit) => /^\d{1,9}$/.test(limit))) {
      return `cannot convert string to integer for index: "${interval}"`;
    }
    const [from = 0, to = from] = limits.map(Number);
    if (from >= completions || to >= completions) return `too large index: "${interval}"`;
    if (from <= last) return `non-increasing order, previous: ${last}, current: ${from}`;
    if (limits.length === 2 && to <= from) {
      return `non-increasing order, previous: ${from}, current: ${to}`;
    }
    total += to - from + 1;
    last = to;
  }
  return total;
}
