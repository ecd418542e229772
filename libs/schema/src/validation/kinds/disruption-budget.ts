/** Upstream: pkg/apis/policy/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, maybeTextAt, objectAt } from "../../json-fields.ts";
import { validateConditions } from "../conditions.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateNonNegativeNumbers } from "../numbers.ts";
import { validateLabelSelector } from "../object-meta.ts";
import { SPEC, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import { shownSelector } from "../selector-match.ts";
import { validateAtMostHundredPercent, validateIntOrPercent } from "./rollout-strategies.ts";

const EVICTION_POLICIES: readonly string[] = ["AlwaysAllow", "IfHealthyBudget"];
const COUNTS = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];

export const disruptionBudgetRules: KindRules = {
  create: validateBudget,
  metaOnUpdate: "none",
  subresources: {
    status(budget, _old, problems) {
      const status = objectAt(budget, "status");
      validateConditions(status?.conditions, STATUS.child("conditions"), problems);
      validateNonNegativeNumbers(status, COUNTS, STATUS, problems);
    },
  },
};

function validateBudget(budget: JsonObject, problems: Problems): void {
  const spec = objectAt(budget, "spec") ?? {};
  const { minAvailable, maxUnavailable } = spec;
  if (!isNil(minAvailable) && !isNil(maxUnavailable)) {
    problems.invalid(SPEC, shownSpec(spec), "minAvailable and maxUnavailable cannot be both set");
  }
  for (const field of ["minAvailable", "maxUnavailable"]) {
    if (isNil(spec[field])) continue;
    validateIntOrPercent(spec[field], SPEC.child(field), problems);
    validateAtMostHundredPercent(spec[field], SPEC.child(field), problems);
  }
  validateLabelSelector(spec.selector, SPEC.child("selector"), problems);
  const policy = maybeTextAt(spec, "unhealthyPodEvictionPolicy");
  if (policy === undefined || EVICTION_POLICIES.includes(policy)) return;
  problems.notSupported(SPEC.child("unhealthyPodEvictionPolicy"), policy, EVICTION_POLICIES);
}

/** As Go writes its internal type. */
function shownSpec(spec: JsonObject): JsonObject {
  return {
    MinAvailable: spec.minAvailable ?? null,
    Selector: shownSelector(spec.selector),
    MaxUnavailable: spec.maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
  };
}
