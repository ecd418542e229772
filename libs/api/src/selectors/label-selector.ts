import type { LabelSelector as LabelSelectorValue } from "../gen/types/meta/v1.ts";
import { badRequest } from "../status-error.ts";
import {
  formatRequirement,
  type LabelOperator,
  type LabelRequirement,
  type Labels,
  labelRequirementError,
  matchesRequirement,
} from "./label-requirement.ts";
import { parseRequirements, SelectorParseError } from "./label-selector-parser.ts";

/** A selector ready to be asked. */
export interface LabelSelectorMatcher {
  readonly requirements: readonly LabelRequirement[];
  /** It has no requirements and selects everything. */
  readonly everything: boolean;
  /** It selects nothing at all (the selector of a missing field). */
  readonly nothing: boolean;
  matches(labels: Labels | undefined): boolean;
  toString(): string;
}

const NO_LABELS: Labels = {};

function matcher(requirements: readonly LabelRequirement[]): LabelSelectorMatcher {
  return {
    requirements,
    everything: requirements.length === 0,
    nothing: false,
    matches(labels = NO_LABELS) {
      for (const requirement of requirements) {
        if (!matchesRequirement(requirement, labels)) return false;
      }
      return true;
    },
    toString: () => requirements.map(formatRequirement).join(","),
  };
}

export const everythingSelector: LabelSelectorMatcher = matcher([]);

export const nothingSelector: LabelSelectorMatcher = {
  requirements: [],
  everything: false,
  nothing: true,
  matches: () => false,
  toString: () => "",
};

/** From a query parameter. Throws a 400 StatusError with upstream's text. */
export function parseLabelSelector(text: string): LabelSelectorMatcher {
  if (text === "") return everythingSelector;
  try {
    return matcher(parseRequirements(text));
  } catch (error) {
    if (error instanceof SelectorParseError) throw badRequest(error.message);
    throw error;
  }
}

const OPERATORS: ReadonlyMap<string, LabelOperator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

/**
 * From a field of an object: a missing selector selects nothing, an empty one everything.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go LabelSelectorAsSelector @1.36
 */
export function labelSelectorFrom(value: LabelSelectorValue | undefined): LabelSelectorMatcher {
  if (value === undefined || value === null) return nothingSelector;
  const requirements: LabelRequirement[] = Object.entries(value.matchLabels ?? {}).map(
    ([key, label]) => ({ key, operator: "=", values: [label] }),
  );
  for (const expression of value.matchExpressions ?? []) {
    const operator = OPERATORS.get(expression.operator);
    if (operator === undefined) {
      throw badRequest(
        `${JSON.stringify(expression.operator)} is not a valid label selector operator`,
      );
    }
    const values = [...new Set(expression.values ?? [])].sort();
    requirements.push({ key: expression.key, operator, values });
  }
  for (const requirement of requirements) {
    const error = labelRequirementError(requirement);
    if (error !== undefined) throw badRequest(error);
  }
  return requirements.length === 0 ? everythingSelector : matcher(requirements);
}

/** Selects objects that have all of these labels (a Service's or ReplicationController's selector). */
export function labelSelectorFromMap(labels: Labels): LabelSelectorMatcher {
  return matcher(
    Object.entries(labels).map(([key, value]) => ({ key, operator: "=", values: [value] })),
  );
}
