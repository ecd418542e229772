/** Upstream: pkg/apis/apps/validation/validation.go @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isNil, objectAt, textAt } from "../../json-fields.ts";
import { percentText } from "../formats.ts";
import { validateNonNegativeNumber } from "../numbers.ts";
import type { Path } from "../path.ts";
import { NOT_NEGATIVE, type Problems } from "../problems.ts";

const DEPLOYMENT_TYPES: readonly string[] = ["Recreate", "RollingUpdate"];
const SET_TYPES: readonly string[] = ["RollingUpdate", "OnDelete"];

const STATEFUL_FIELDS = ["Partition", "MaxUnavailable"];

/** A strategy as Go writes its internal type: capital names, and every field. */
function shownStrategy(strategy: JsonObject, fields: readonly string[]): JsonObject {
  const rolling = objectAt(strategy, "rollingUpdate");
  return {
    Type: textAt(strategy, "type"),
    RollingUpdate: rolling === undefined ? null : shownRolling(rolling, fields),
  };
}

function shownRolling(rolling: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    fields.map((name) => [
      name,
      rolling[`${name.charAt(0).toLowerCase()}${name.slice(1)}`] ?? null,
    ]),
  );
}

/** A count or a percentage. */
export function validateIntOrPercent(
  value: JsonValue | undefined,
  at: Path,
  problems: Problems,
): void {
  if (typeof value === "string") {
    problems.invalidEach(at, value, percentText(value));
  } else if (typeof value === "number" && value < 0) {
    problems.invalid(at, value, NOT_NEGATIVE);
  }
}

export function validateAtMostHundredPercent(
  value: JsonValue | undefined,
  at: Path,
  problems: Problems,
): void {
  const percent = percentOf(value);
  if (percent !== undefined && percent > 100)
    problems.invalid(at, value, "must not be greater than 100%");
}

function percentOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "string" && percentText(value).length === 0
    ? Number(value.slice(0, -1))
    : undefined;
}

function amountOf(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : (percentOf(value) ?? 0);
}

export function validateDeploymentStrategy(
  strategy: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const type = textAt(strategy, "type");
  const rolling = objectAt(strategy, "rollingUpdate");
  if (type === "Recreate") {
    if (rolling !== undefined) {
      const detail = "may not be specified when strategy `type` is 'Recreate'";
      problems.forbidden(at.child("rollingUpdate"), detail);
    }
  } else if (type !== "RollingUpdate") {
    problems.notSupported(
      at,
      shownStrategy(strategy, ["MaxUnavailable", "MaxSurge"]),
      DEPLOYMENT_TYPES,
    );
  } else if (rolling === undefined) {
    problems.required(at.child("rollingUpdate"), "this should be defaulted and never be nil");
  } else {
    validateRollingDeployment(rolling, at.child("rollingUpdate"), problems);
  }
}

function validateRollingDeployment(rolling: JsonObject, at: Path, problems: Problems): void {
  const { maxUnavailable, maxSurge } = rolling;
  validateIntOrPercent(maxUnavailable, at.child("maxUnavailable"), problems);
  validateIntOrPercent(maxSurge, at.child("maxSurge"), problems);
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    problems.invalid(
      at.child("maxUnavailable"),
      maxUnavailable,
      "may not be 0 when `maxSurge` is 0",
    );
  }
  validateAtMostHundredPercent(maxUnavailable, at.child("maxUnavailable"), problems);
}

export function validateDaemonSetStrategy(
  strategy: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const type = textAt(strategy, "type");
  if (type === "OnDelete") return;
  if (type !== "RollingUpdate") {
    problems.notSupported(at, shownStrategy(strategy, ["MaxUnavailable", "MaxSurge"]), SET_TYPES);
    return;
  }
  const rolling = objectAt(strategy, "rollingUpdate");
  if (rolling === undefined) {
    problems.required(at.child("rollingUpdate"));
    return;
  }
  const here = at.child("rollingUpdate");
  const { maxUnavailable, maxSurge } = rolling;
  for (const [field, value] of [
    ["maxUnavailable", maxUnavailable],
    ["maxSurge", maxSurge],
  ] as const) {
    validateIntOrPercent(value, here.child(field), problems);
    validateAtMostHundredPercent(value, here.child(field), problems);
  }
  if (amountOf(maxUnavailable) !== 0 && amountOf(maxSurge) !== 0) {
    problems.invalid(
      here.child("maxSurge"),
      maxSurge,
      "may not be set when maxUnavailable is non-zero",
    );
  }
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    problems.required(here.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
  }
}

export function validateStatefulSetStrategy(
  strategy: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const type = textAt(strategy, "type");
  const rolling = objectAt(strategy, "rollingUpdate");
  if (type === "") {
    problems.required(at);
    return;
  }
  if (type === "OnDelete") {
    if (rolling !== undefined) {
      const detail = "only allowed for updateStrategy 'RollingUpdate'";
      problems.invalid(at.child("rollingUpdate"), shownRolling(rolling, STATEFUL_FIELDS), detail);
    }
    return;
  }
  if (type !== "RollingUpdate") {
    problems.invalid(
      at,
      shownStrategy(strategy, STATEFUL_FIELDS),
      "must be 'RollingUpdate' or 'OnDelete'",
    );
    return;
  }
  if (rolling === undefined) return;
  const here = at.child("rollingUpdate");
  validateNonNegativeNumber(rolling, "partition", here, problems);
  const { maxUnavailable } = rolling;
  if (isNil(maxUnavailable)) return;
  validateIntOrPercent(maxUnavailable, here.child("maxUnavailable"), problems);
  if (amountOf(maxUnavailable) === 0)
    problems.invalid(here.child("maxUnavailable"), maxUnavailable, "cannot be 0");
  validateAtMostHundredPercent(maxUnavailable, here.child("maxUnavailable"), problems);
}
