/** Upstream: pkg/apis/core/validation/validation.go ValidateTolerations @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, textAt } from "../../json-fields.ts";
import { labelValue, qualifiedName } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

export const TAINT_EFFECTS: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateTolerations(
  tolerations: readonly JsonObject[],
  at: Path,
  problems: Problems,
): void {
  for (let i = 0; i < tolerations.length; i++) {
    const toleration = tolerations[i];
    if (toleration !== undefined) validateToleration(toleration, at.index(i), problems);
  }
}

const COMPARING: readonly string[] = ["Lt", "Gt"];

function validateToleration(toleration: JsonObject, at: Path, problems: Problems): void {
  const key = textAt(toleration, "key");
  const operator = textAt(toleration, "operator");
  const value = textAt(toleration, "value");
  const effect = textAt(toleration, "effect");
  if (key !== "") {
    const messages = qualifiedName(key);
    if (messages.length > 0) problems.invalidEach(at.child("key"), key, messages);
  } else if (operator !== "Exists") {
    const detail =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    problems.invalid(at.child("operator"), operator, detail);
  }
  if (!isNil(toleration.tolerationSeconds) && effect !== "NoExecute") {
    problems.invalid(
      at.child("effect"),
      effect,
      "effect must be 'NoExecute' when `tolerationSeconds` is set",
    );
  }
  if (operator === "" || operator === "Equal") {
    const messages = labelValue(value);
    if (messages.length > 0) problems.invalid(at.child("operator"), value, messages.join(";"));
  } else if (operator === "Exists") {
    if (value !== "")
      problems.invalid(
        at.child("operator"),
        value,
        "value must be empty when `operator` is 'Exists'",
      );
  } else {
    // The comparing operators are known, and wait for their feature gate.
    const known = COMPARING.includes(operator) ? COMPARING : [];
    problems.notSupported(at.child("operator"), operator, ["Equal", "Exists", ...known]);
  }
  if (effect !== "" && !TAINT_EFFECTS.includes(effect)) {
    problems.notSupported(at.child("effect"), effect, TAINT_EFFECTS);
  }
}
