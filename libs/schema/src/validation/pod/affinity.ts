/** Upstream: pkg/apis/core/validation/validation.go validateAffinity and what it calls @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { itemsAt, numberAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from "../formats.ts";
import { validateLabelSelector } from "../object-meta.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateMergedKeys } from "./merged-label-keys.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
const WEIGHT_DETAIL = "must be in the range 1-100";
const NOT_AN_OPERATOR = "not a valid selector operator";

export function validateAffinity(spec: JsonObject, at: Path, problems: Problems): void {
  const affinity = objectAt(spec, "affinity");
  if (affinity === undefined) return;
  const here = at.child("affinity");
  const node = objectAt(affinity, "nodeAffinity");
  if (node !== undefined) validateNodeAffinity(node, here.child("nodeAffinity"), problems);
  for (const field of ["podAffinity", "podAntiAffinity"]) {
    const pods = objectAt(affinity, field);
    if (pods !== undefined) validatePodAffinity(pods, here.child(field), problems);
  }
}

function validateNodeAffinity(affinity: JsonObject, at: Path, problems: Problems): void {
  const required = objectAt(affinity, REQUIRED);
  if (required !== undefined) validateNodeSelector(required, at.child(REQUIRED), problems);
  itemsAt(affinity, PREFERRED).forEach((term, i) => {
    const here = at.child(PREFERRED).index(i);
    validateWeight(term, here, problems);
    // A preference that nothing can match does no harm, so its values may be anything.
    const options = { checkValues: false, problems };
    validateNodeSelectorTerm(objectAt(term, "preference") ?? {}, here.child("preference"), options);
  });
}

export function validateNodeSelector(selector: JsonObject, at: Path, problems: Problems): void {
  const terms = itemsAt(selector, "nodeSelectorTerms");
  const here = at.child("nodeSelectorTerms");
  if (terms.length === 0) problems.required(here, "must have at least one node selector term");
  terms.forEach((term, i) => {
    validateNodeSelectorTerm(term, here.index(i), { checkValues: true, problems });
  });
}

interface TermOptions {
  readonly checkValues: boolean;
  readonly problems: Problems;
}

function validateNodeSelectorTerm(term: JsonObject, at: Path, options: TermOptions): void {
  itemsAt(term, "matchExpressions").forEach((expression, i) => {
    validateNodeRequirement(expression, at.child("matchExpressions").index(i), options);
  });
  itemsAt(term, "matchFields").forEach((requirement, i) => {
    validateNodeField(requirement, at.child("matchFields").index(i), options.problems);
  });
}

function validateNodeRequirement(expression: JsonObject, at: Path, options: TermOptions): void {
  const { checkValues, problems } = options;
  const values = textsAt(expression, "values");
  switch (expression.operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        problems.required(
          at.child("values"),
          "must be specified when `operator` is 'In' or 'NotIn'",
        );
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        problems.forbidden(at.child("values"), detail);
      }
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) {
        problems.required(
          at.child("values"),
          "must be specified single value when `operator` is 'Lt' or 'Gt'",
        );
      }
      break;
    default:
      problems.invalid(at.child("operator"), expression.operator ?? "", NOT_AN_OPERATOR);
  }
  const key = textAt(expression, "key");
  problems.invalidEach(at.child("key"), key, qualifiedName(key));
  if (!checkValues) return;
  values.forEach((value, i) => {
    problems.invalidEach(at.child("values").index(i), value, labelValue(value));
  });
}

function validateNodeField(requirement: JsonObject, at: Path, problems: Problems): void {
  const values = textsAt(requirement, "values");
  if (requirement.operator !== "In" && requirement.operator !== "NotIn") {
    problems.invalid(at.child("operator"), requirement.operator ?? "", NOT_AN_OPERATOR);
  } else if (values.length !== 1) {
    const detail =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    problems.required(at.child("values"), detail);
  }
  const key = textAt(requirement, "key");
  if (key !== "metadata.name") {
    problems.invalid(at.child("key"), key, "not a valid field selector key");
    return;
  }
  values.forEach((value, i) => {
    problems.invalidEach(at.child("values").index(i), value, dns1123Subdomain(value));
  });
}

function validateWeight(term: JsonObject, at: Path, problems: Problems): void {
  const weight = numberAt(term, "weight");
  if (weight <= 0 || weight > 100) problems.invalid(at.child("weight"), weight, WEIGHT_DETAIL);
}

function validatePodAffinity(affinity: JsonObject, at: Path, problems: Problems): void {
  itemsAt(affinity, REQUIRED).forEach((term, i) => {
    validatePodAffinityTerm(term, at.child(REQUIRED).index(i), problems);
  });
  itemsAt(affinity, PREFERRED).forEach((weighted, i) => {
    const here = at.child(PREFERRED).index(i);
    validateWeight(weighted, here, problems);
    validatePodAffinityTerm(
      objectAt(weighted, "podAffinityTerm") ?? {},
      here.child("podAffinityTerm"),
      problems,
    );
  });
}

function validatePodAffinityTerm(term: JsonObject, at: Path, problems: Problems): void {
  validateLabelSelector(term.labelSelector, at.child("labelSelector"), problems);
  validateLabelSelector(term.namespaceSelector, at.child("namespaceSelector"), problems);
  for (const namespace of textsAt(term, "namespaces")) {
    problems.invalidEach(at.child("namespace"), namespace, dns1123Label(namespace));
  }
  validateMatchLabelKeys(term, ["matchLabelKeys", "mismatchLabelKeys"], at, problems);
  // Upstream tells these at the term.
  validateMergedKeys(term, at, problems);
  const mismatched = new Set(textsAt(term, "mismatchLabelKeys"));
  textsAt(term, "matchLabelKeys").forEach((key, i) => {
    if (mismatched.has(key)) {
      const detail = "exists in both matchLabelKeys and mismatchLabelKeys";
      problems.invalid(at.child("matchLabelKeys").index(i), key, detail);
    }
  });
  validateTopologyKey(term, at, problems);
}

function validateTopologyKey(term: JsonObject, at: Path, problems: Problems): void {
  const key = textAt(term, "topologyKey");
  if (key === "") problems.required(at.child("topologyKey"), "can not be empty");
  problems.invalidEach(at.child("topologyKey"), key, qualifiedName(key));
}

export function validateMatchLabelKeys(
  holder: JsonObject,
  fields: readonly string[],
  at: Path,
  problems: Problems,
): void {
  for (const field of fields) {
    const keys = textsAt(holder, field);
    if (keys.length > 0 && isMissing(holder.labelSelector)) {
      problems.forbidden(at.child(field), "must not be specified when labelSelector is not set");
    }
    keys.forEach((key, i) => {
      problems.invalidEach(at.child(field).index(i), key, qualifiedName(key));
    });
  }
}

function isMissing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null;
}
