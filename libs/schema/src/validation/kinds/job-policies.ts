/** When a Job fails or succeeds early. Upstream: pkg/apis/batch/validation/validation.go @1.36 */
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
import { byteLength, qualifiedName } from "../formats.ts";
import { goQuote } from "../go-quote.ts";
import { validateNonNegativeNumber } from "../numbers.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { countIndexes } from "./job-indexes.ts";

const RULES_MAX = 20;
const ACTIONS: readonly string[] = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: readonly string[] = ["In", "NotIn"];
const STATUSES: readonly string[] = ["False", "True", "Unknown"];
const EXIT_CODES_MAX = 255;
const INDEXES_BYTES_MAX = 64 * 1024;

const validValues = (values: readonly string[]): string =>
  `valid values: [${values.map(goQuote).join(" ")}]`;

export function validateFailurePolicy(spec: JsonObject, at: Path, problems: Problems): void {
  const policy = objectAt(spec, "podFailurePolicy");
  if (policy === undefined) return;
  const rules = itemsAt(policy, "rules");
  const here = at.child("podFailurePolicy").child("rules");
  if (rules.length > RULES_MAX) problems.tooMany(here, rules.length, RULES_MAX);
  const podSpec = objectAt(objectAt(spec, "template"), "spec");
  const names = new Set(
    [...itemsAt(podSpec, "containers"), ...itemsAt(podSpec, "initContainers")].map((container) =>
      textAt(container, "name"),
    ),
  );
  const hasBackoff = !isNil(spec.backoffLimitPerIndex);
  rules.forEach((rule, i) => {
    validateFailureRule(rule, here.index(i), { names, hasBackoff }, problems);
  });
}

function validateFailureRule(
  rule: JsonObject,
  at: Path,
  job: { readonly names: ReadonlySet<string>; readonly hasBackoff: boolean },
  problems: Problems,
): void {
  const action = textAt(rule, "action");
  const actionAt = at.child("action");
  if (action === "") problems.required(actionAt, validValues(ACTIONS));
  else if (action === "FailIndex") {
    if (!job.hasBackoff)
      problems.invalid(actionAt, action, "requires the backoffLimitPerIndex to be set");
  } else if (!ACTIONS.includes(action)) problems.notSupported(actionAt, action, ACTIONS);
  const codes = objectAt(rule, "onExitCodes");
  const conditions = itemsAt(rule, "onPodConditions");
  if (codes !== undefined) validateExitCodes(codes, at.child("onExitCodes"), job.names, problems);
  if (conditions.length > 0) validatePatterns(conditions, at.child("onPodConditions"), problems);
  if (codes !== undefined && conditions.length > 0) {
    const detail = "specifying both OnExitCodes and OnPodConditions is not supported";
    problems.invalidWithoutValue(at, detail);
  }
  if (codes === undefined && conditions.length === 0) {
    const detail = "specifying one of OnExitCodes and OnPodConditions is required";
    problems.invalidWithoutValue(at, detail);
  }
}

function validateExitCodes(
  codes: JsonObject,
  at: Path,
  names: ReadonlySet<string>,
  problems: Problems,
): void {
  const operator = textAt(codes, "operator");
  if (operator === "") problems.required(at.child("operator"), validValues(OPERATORS));
  else if (!OPERATORS.includes(operator))
    problems.notSupported(at.child("operator"), operator, OPERATORS);
  const name = maybeTextAt(codes, "containerName");
  if (name !== undefined && !names.has(name)) {
    const detail = "must be one of the container or initContainer names in the pod template";
    problems.invalid(at.child("containerName"), name, detail);
  }
  validateExitValues(codes, operator, at.child("values"), problems);
}

function validateExitValues(
  codes: JsonObject,
  operator: string,
  at: Path,
  problems: Problems,
): void {
  const values = Array.isArray(codes.values) ? codes.values.map(Number) : [];
  if (values.length === 0) problems.invalid(at, codes.values, "at least one value is required");
  if (values.length > EXIT_CODES_MAX) problems.tooMany(at, values.length, EXIT_CODES_MAX);
  let isOrdered = true;
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (value === 0 && operator === "In") {
      problems.invalid(at.index(i), value, "must not be 0 for the In operator");
    }
    if (seen.has(value)) problems.duplicate(at.index(i), value);
    seen.add(value);
    if (i > 0 && value < (values[i - 1] ?? value)) isOrdered = false;
  });
  if (!isOrdered) problems.invalid(at, values, "must be ordered");
}

function validatePatterns(patterns: readonly JsonObject[], at: Path, problems: Problems): void {
  if (patterns.length > RULES_MAX) problems.tooMany(at, patterns.length, RULES_MAX);
  patterns.forEach((pattern, i) => {
    const type = textAt(pattern, "type");
    const status = textAt(pattern, "status");
    const statusAt = at.index(i).child("status");
    problems.invalidEach(at.index(i).child("type"), type, qualifiedName(type));
    if (status === "") problems.required(statusAt, validValues(STATUSES));
    else if (!STATUSES.includes(status)) problems.notSupported(statusAt, status, STATUSES);
  });
}

export function validateSuccessPolicy(spec: JsonObject, at: Path, problems: Problems): void {
  const policy = objectAt(spec, "successPolicy");
  if (policy === undefined) return;
  const here = at.child("successPolicy");
  const rules = itemsAt(policy, "rules");
  if (textAt(spec, "completionMode") !== "Indexed") {
    problems.invalid(here, shownPolicy(policy), "requires indexed completion mode");
    return;
  }
  const rulesAt = here.child("rules");
  if (rules.length === 0) {
    const detail = "at least one rules must be specified when the successPolicy is specified";
    problems.required(rulesAt, detail);
  }
  if (rules.length > RULES_MAX) problems.tooMany(rulesAt, rules.length, RULES_MAX);
  const completions = numberAt(spec, "completions");
  rules.forEach((rule, i) => {
    validateSuccessRule(rule, rulesAt.index(i), completions, problems);
  });
}

/** As Go writes its internal type. */
export function shownPolicy(policy: JsonObject): JsonObject {
  if (!Array.isArray(policy.rules)) return { Rules: null };
  return {
    Rules: itemsAt(policy, "rules").map(
      ({ succeededIndexes, succeededCount }): JsonObject => ({
        SucceededIndexes: succeededIndexes ?? null,
        SucceededCount: succeededCount ?? null,
      }),
    ),
  };
}

function validateSuccessRule(
  rule: JsonObject,
  at: Path,
  completions: number,
  problems: Problems,
): void {
  const count = maybeNumberAt(rule, "succeededCount");
  const indexes = maybeTextAt(rule, "succeededIndexes");
  if (count === undefined && indexes === undefined) {
    problems.required(at, "at least one of succeededCount or succeededIndexes must be specified");
  }
  let total = 0;
  if (indexes !== undefined) {
    const here = at.child("succeededIndexes");
    if (byteLength(indexes) > INDEXES_BYTES_MAX) problems.tooLong(here, INDEXES_BYTES_MAX);
    const counted = countIndexes(indexes, completions);
    if (typeof counted === "number") total = counted;
    else problems.invalid(here, indexes, `error parsing succeededIndexes: ${counted}`);
  }
  if (count === undefined) return;
  const countAt = at.child("succeededCount");
  validateNonNegativeNumber(rule, "succeededCount", at, problems);
  if (count > completions) {
    const detail = `must be less than or equal to ${completions} (the number of specified completions)`;
    problems.invalid(countAt, count, detail);
  }
  if (indexes !== undefined && count > total) {
    const detail = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    problems.invalid(countAt, count, detail);
  }
}

/** As Go writes its internal type. */
export function shownFailurePolicy(policy: JsonObject): JsonObject {
  if (!Array.isArray(policy.rules)) return { Rules: null };
  return {
    Rules: itemsAt(policy, "rules").map((rule): JsonObject => {
      const codes = objectAt(rule, "onExitCodes");
      return {
        Action: textAt(rule, "action"),
        OnExitCodes:
          codes === undefined
            ? null
            : {
                ContainerName: codes.containerName ?? null,
                Operator: textAt(codes, "operator"),
                Values: codes.values ?? null,
              },
        OnPodConditions: Array.isArray(rule.onPodConditions)
          ? itemsAt(rule, "onPodConditions").map(
              (pattern): JsonObject => ({
                Type: textAt(pattern, "type"),
                Status: textAt(pattern, "status"),
              }),
            )
          : null,
      };
    }),
  };
}
