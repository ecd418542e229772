import { labelKeyErrors, labelValueErrors } from "../label-syntax.ts";

/** As selectors are written; "exists" and "!" have no values, "gt" and "lt" compare integers. */
export type LabelOperator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt";

export type Labels = Readonly<Record<string, string>>;

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, without repetition. */
  readonly values: readonly string[];
}

const INTEGER = /^[-+]?\d+$/;

function quote(value: string): string {
  return JSON.stringify(value);
}

/** What is wrong with a key, as it stands alone in an error. */
export function labelKeyError(key: string, path = "<nil>"): string | undefined {
  const errors = labelKeyErrors(key);
  if (errors.length === 0) return undefined;
  return `${path}: Invalid value: ${quote(key)}: ${errors.join("; ")}`;
}

/** Go writes a list of strings in errors as JSON. */
function invalidValues(values: readonly string[], detail: string): string {
  return `values: Invalid value: ${JSON.stringify(values)}: ${detail}`;
}

/** Upstream's error for a requirement that cannot be; undefined when it is fine. */
export function labelRequirementError(requirement: LabelRequirement): string | undefined {
  const { key, operator, values } = requirement;
  const errors: string[] = [];
  const keyError = labelKeyError(key, "key");
  if (keyError !== undefined) errors.push(keyError);
  switch (operator) {
    case "in":
    case "notin":
      if (values.length === 0) {
        errors.push(
          invalidValues(values, "for 'in', 'notin' operators, values set can't be empty"),
        );
      }
      break;
    case "=":
    case "==":
    case "!=":
      if (values.length !== 1) {
        errors.push(invalidValues(values, "exact-match compatibility requires one single value"));
      }
      break;
    case "exists":
    case "!":
      if (values.length !== 0) {
        errors.push(
          invalidValues(values, "values set must be empty for exists and does not exist"),
        );
      }
      break;
    case "gt":
    case "lt":
      if (values.length !== 1) {
        errors.push(
          invalidValues(values, "for 'Gt', 'Lt' operators, exactly one value is required"),
        );
      }
      values.forEach((value, index) => {
        if (INTEGER.test(value)) return;
        errors.push(
          `values[${index}]: Invalid value: ${quote(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      });
      break;
  }
  values.forEach((value, index) => {
    const wrong = labelValueErrors(value);
    if (wrong.length === 0) return;
    errors.push(`values[${index}][${key}]: Invalid value: ${quote(value)}: ${wrong.join("; ")}`);
  });
  if (errors.length === 0) return undefined;
  return errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`;
}

function compareInteger(actual: string, bound: string | undefined, greater: boolean): boolean {
  if (bound === undefined || !INTEGER.test(actual)) return false;
  const left = BigInt(actual.replace(/^\+/, ""));
  const right = BigInt(bound.replace(/^\+/, ""));
  return greater ? left > right : left < right;
}

export function matchesRequirement(requirement: LabelRequirement, labels: Labels): boolean {
  const { key, operator, values } = requirement;
  const actual = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return actual !== undefined && values.includes(actual);
    case "notin":
    case "!=":
      return actual === undefined || !values.includes(actual);
    case "exists":
      return actual !== undefined;
    case "!":
      return actual === undefined;
    case "gt":
      return actual !== undefined && compareInteger(actual, values[0], true);
    case "lt":
      return actual !== undefined && compareInteger(actual, values[0], false);
  }
}

/** The text that parses to the requirement. */
export function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0] ?? ""}`;
    case "lt":
      return `${key}<${values[0] ?? ""}`;
    default:
      return `${key}${operator}${values[0] ?? ""}`;
  }
}
