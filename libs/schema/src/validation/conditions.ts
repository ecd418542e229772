/** Upstream: apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateConditions @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isZero, numberAt, textAt } from "../json-fields.ts";
import { isJsonObject } from "../plain-object.ts";
import { byteLength, matches, qualifiedName, regexError } from "./formats.ts";
import type { Path } from "./path.ts";
import type { Problems } from "./problems.ts";

const STATUSES: readonly string[] = ["False", "True", "Unknown"];
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_ERROR = regexError(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
  "my_name",
  "MY_NAME",
  "MyName",
  "ReasonA,ReasonB",
  "ReasonA:ReasonB",
);
const REASON_BYTES_MAX = 1_024;
const MESSAGE_BYTES_MAX = 32_768;

export function validateConditions(
  value: JsonValue | undefined,
  at: Path,
  problems: Problems,
): void {
  if (!Array.isArray(value)) return;
  const types = new Set<string>();
  value.forEach((condition, i) => {
    if (!isJsonObject(condition)) return;
    const type = textAt(condition, "type");
    if (types.has(type)) problems.duplicate(at.index(i).child("type"), type);
    types.add(type);
    validateCondition(condition, at.index(i), problems);
  });
}

function validateCondition(condition: JsonObject, at: Path, problems: Problems): void {
  const type = textAt(condition, "type");
  problems.invalidEach(at.child("type"), type, qualifiedName(type));
  const status = textAt(condition, "status");
  if (!STATUSES.includes(status)) problems.notSupported(at.child("status"), status, STATUSES);
  const generation = numberAt(condition, "observedGeneration");
  if (generation < 0) {
    const detail = "must be greater than or equal to zero";
    problems.invalid(at.child("observedGeneration"), generation, detail);
  }
  if (isZero(condition.lastTransitionTime)) {
    problems.required(at.child("lastTransitionTime"), "must be set");
  }
  validateReason(textAt(condition, "reason"), at.child("reason"), problems);
  if (byteLength(textAt(condition, "message")) > MESSAGE_BYTES_MAX) {
    problems.tooLong(at.child("message"), MESSAGE_BYTES_MAX);
  }
}

function validateReason(reason: string, at: Path, problems: Problems): void {
  if (reason === "") {
    problems.required(at, "must be set");
    return;
  }
  if (!matches(REASON, reason)) problems.invalid(at, reason, REASON_ERROR);
  if (byteLength(reason) > REASON_BYTES_MAX) problems.tooLong(at, REASON_BYTES_MAX);
}
