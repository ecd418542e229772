/** Upstream: apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateDeleteOptions @1.36 */
import type { StatusCause } from "@kubets/api/meta/v1";

export const propagationPolicies = ["Foreground", "Background", "Orphan"] as const;

/** What is wrong with the way in which dependents are to be dealt with. */
export function propagationCauses({
  orphanDependents,
  propagationPolicy: policy,
}: {
  readonly orphanDependents?: unknown;
  readonly propagationPolicy?: unknown;
}): StatusCause[] {
  if (policy === undefined || policy === null) return [];
  const causes: StatusCause[] = [];
  if (typeof orphanDependents === "boolean") {
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
      field: "propagationPolicy",
    });
  }
  if (!propagationPolicies.some((known) => known === policy)) {
    const known = [...propagationPolicies, "nil"].map((name) => JSON.stringify(name));
    causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: ${known.join(", ")}`,
      field: "propagationPolicy",
    });
  }
  return causes;
}
