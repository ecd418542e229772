/** Upstream: pkg/apis/coordination/validation/validation.go ValidateLease @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, maybeNumberAt, maybeTextAt, objectAt } from "../../json-fields.ts";
import type { KindRules } from "../kind-rules.ts";
import { SPEC } from "../path.ts";
import { NOT_NEGATIVE, type Problems } from "../problems.ts";

export const leaseRules: KindRules = { create: validateLease };

function validateLease(lease: JsonObject, problems: Problems): void {
  const spec = objectAt(lease, "spec");
  const duration = maybeNumberAt(spec, "leaseDurationSeconds");
  if (duration !== undefined && duration <= 0) {
    problems.invalid(SPEC.child("leaseDurationSeconds"), duration, "must be greater than 0");
  }
  const transitions = maybeNumberAt(spec, "leaseTransitions");
  if (transitions !== undefined && transitions < 0) {
    problems.invalid(SPEC.child("leaseTransitions"), transitions, NOT_NEGATIVE);
  }
  if (!isZero(spec?.preferredHolder) && maybeTextAt(spec, "strategy") === undefined) {
    problems.forbidden(
      SPEC.child("preferredHolder"),
      "may only be specified if `strategy` is defined",
    );
  }
}
