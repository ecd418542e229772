/** Upstream: pkg/apis/core/validation/validation.go validateTopologySpreadConstraints @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, maybeNumberAt, maybeTextAt, numberAt, textAt } from "../../json-fields.ts";
import { validateLabelSelector } from "../object-meta.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateMatchLabelKeys } from "./affinity.ts";
import { validateMergedKeys } from "./merged-label-keys.ts";

const ACTIONS: readonly string[] = ["DoNotSchedule", "ScheduleAnyway"];
const POLICIES: readonly string[] = ["Honor", "Ignore"];
const POSITIVE = "must be greater than zero";

export function validateTopologySpread(spec: JsonObject, at: Path, problems: Problems): void {
  const constraints = itemsAt(spec, "topologySpreadConstraints");
  if (constraints.length === 0) return;
  const lastOf = new Map(constraints.map((constraint, i) => [pairOf(constraint), i]));
  constraints.forEach((constraint, i) => {
    const here = at.child("topologySpreadConstraints").index(i);
    validateConstraint(constraint, here, problems);
    const pair = pairOf(constraint);
    // The earlier one is told of the later.
    if (lastOf.get(pair) !== i)
      problems.duplicate(here.child("{topologyKey, whenUnsatisfiable}"), pair);
  });
}

function pairOf(constraint: JsonObject): string {
  return `{${textAt(constraint, "topologyKey")}, ${textAt(constraint, "whenUnsatisfiable")}}`;
}

function validateConstraint(constraint: JsonObject, at: Path, problems: Problems): void {
  const skew = numberAt(constraint, "maxSkew");
  if (skew <= 0) problems.invalid(at.child("maxSkew"), skew, POSITIVE);
  const topologyKey = textAt(constraint, "topologyKey");
  if (topologyKey === "") problems.required(at.child("topologyKey"), "can not be empty");
  const action = textAt(constraint, "whenUnsatisfiable");
  if (!ACTIONS.includes(action))
    problems.notSupported(at.child("whenUnsatisfiable"), action, ACTIONS);
  const domains = maybeNumberAt(constraint, "minDomains");
  if (domains !== undefined) {
    if (domains <= 0) problems.invalid(at.child("minDomains"), domains, POSITIVE);
    if (action !== "DoNotSchedule") {
      const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
      problems.invalid(at.child("minDomains"), domains, detail);
    }
  }
  for (const field of ["nodeAffinityPolicy", "nodeTaintsPolicy"]) {
    const policy = maybeTextAt(constraint, field);
    if (policy !== undefined && !POLICIES.includes(policy))
      problems.notSupported(at.child(field), policy, POLICIES);
  }
  validateMatchLabelKeys(constraint, ["matchLabelKeys"], at, problems);
  validateMergedKeys(constraint, at.child("matchLabelKeys"), problems);
  validateLabelSelector(constraint.labelSelector, at.child("labelSelector"), problems);
}
