import type { JsonObject } from "@kubets/api";
import { maybeNumberAt } from "../json-fields.ts";
import type { Path } from "./path.ts";
import { NOT_NEGATIVE, type Problems } from "./problems.ts";

/** Where the field is set it must not be negative. */
export function validateNonNegativeNumber(
  holder: JsonObject | undefined,
  field: string,
  at: Path,
  problems: Problems,
): void {
  const value = maybeNumberAt(holder, field);
  if (value !== undefined && value < 0) problems.invalid(at.child(field), value, NOT_NEGATIVE);
}

export function validateNonNegativeNumbers(
  holder: JsonObject | undefined,
  fields: readonly string[],
  at: Path,
  problems: Problems,
): void {
  for (const field of fields) validateNonNegativeNumber(holder, field, at, problems);
}
