/** How fast an autoscaler may scale. Upstream: pkg/apis/autoscaling/validation/validation.go validateScalingRules @1.36 */
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
import { NOT_NEGATIVE, type Problems } from "../problems.ts";
import { nanosOf } from "../resource-names.ts";

const PERIOD_SECONDS_MAX = 1_800;
const STABILIZATION_SECONDS_MAX = 3_600;
const SELECT_POLICIES: readonly string[] = ["Disabled", "Max", "Min"];
const POLICY_TYPES: readonly string[] = ["Percent", "Pods"];

export function validateScalingBehavior(
  behavior: JsonObject | undefined,
  at: Path,
  problems: Problems,
): void {
  for (const direction of ["scaleUp", "scaleDown"]) {
    const rules = objectAt(behavior, direction);
    if (rules !== undefined) validateRules(rules, at.child(direction), problems);
  }
}

function validateRules(rules: JsonObject, at: Path, problems: Problems): void {
  const windowSeconds = maybeNumberAt(rules, "stabilizationWindowSeconds") ?? 0;
  const windowAt = at.child("stabilizationWindowSeconds");
  if (windowSeconds < 0)
    problems.invalid(windowAt, windowSeconds, "must be greater than or equal to zero");
  if (windowSeconds > STABILIZATION_SECONDS_MAX) {
    const detail = `must be less than or equal to ${STABILIZATION_SECONDS_MAX}`;
    problems.invalid(windowAt, windowSeconds, detail);
  }
  const selected = maybeTextAt(rules, "selectPolicy");
  if (selected !== undefined && !SELECT_POLICIES.includes(selected)) {
    problems.notSupported(at.child("selectPolicy"), selected, SELECT_POLICIES);
  }
  const policies = itemsAt(rules, "policies");
  const policiesAt = at.child("policies");
  if (policies.length === 0) problems.required(policiesAt, "must specify at least one Policy");
  policies.forEach((policy, i) => {
    validatePolicy(policy, policiesAt.index(i), problems);
  });
  const { tolerance } = rules;
  if (!isNil(tolerance) && (nanosOf(tolerance) ?? 0n) < 0n) {
    problems.invalid(at.child("tolerance"), tolerance, NOT_NEGATIVE);
  }
}

function validatePolicy(policy: JsonObject, at: Path, problems: Problems): void {
  const type = textAt(policy, "type");
  if (!POLICY_TYPES.includes(type)) problems.notSupported(at.child("type"), type, POLICY_TYPES);
  const value = numberAt(policy, "value");
  if (value <= 0) problems.invalid(at.child("value"), value, "must be greater than zero");
  const period = numberAt(policy, "periodSeconds");
  const periodAt = at.child("periodSeconds");
  if (period <= 0) problems.invalid(periodAt, period, "must be greater than zero");
  if (period > PERIOD_SECONDS_MAX) {
    problems.invalid(periodAt, period, `must be less than or equal to ${PERIOD_SECONDS_MAX}`);
  }
}
