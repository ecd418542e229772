/** Upstream: pkg/apis/core/validation/validation.go ValidateLimitRange, ValidateResourceQuota @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isNil, isZero, itemsAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { qualifiedName } from "../formats.ts";
import { type Path, SPEC, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import {
  compareAmounts,
  mayOvercommit,
  nanosOf,
  validateQuotaResourceName,
  validateResourceName,
  validateResourceQuantity,
} from "../resource-names.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

const LIMIT_TYPES: readonly string[] = ["Pod", "Container", "PersistentVolumeClaim"];
const BOUNDS = ["min", "defaultRequest", "default", "max"] as const;
const NANOS_PER_UNIT = 1_000_000_000n;

function validateLimitRange(limitRange: JsonObject, problems: Problems): void {
  itemsAt(objectAt(limitRange, "spec"), "limits").forEach((limit, i) => {
    const at = SPEC.child("limits").index(i);
    const type = textAt(limit, "type");
    if (qualifiedName(type).length === 0 && !type.includes("/") && !LIMIT_TYPES.includes(type)) {
      const detail = "must be a standard limit type or fully qualified";
      problems.invalid(at.child("type"), type, detail);
    }
    const hasStorage = ["min", "max"].some((field) => !isNil(objectAt(limit, field)?.storage));
    if (type === "PersistentVolumeClaim" && !hasStorage) {
      const detail =
        "either minimum or maximum storage value is required, but neither was provided";
      problems.required(at.child("limits"), detail);
    }
    validateLimits(limit, at, problems);
  });
}

/** min ≤ defaultRequest ≤ default ≤ max for each resource; the ratio fits between them. */
function validateLimits(limit: JsonObject, at: Path, problems: Problems): void {
  const names = new Set(
    [...BOUNDS, "maxLimitRequestRatio"].flatMap((field) =>
      Object.keys(objectAt(limit, field) ?? {}),
    ),
  );
  for (const name of names) {
    for (const field of [...BOUNDS, "maxLimitRequestRatio"]) {
      if (Object.hasOwn(objectAt(limit, field) ?? {}, name)) {
        validateResourceName(name, at.child(field).key(name), problems);
      }
    }
    validateOrder(limit, name, { at, problems });
    validateRatio(limit, name, { at, problems });
  }
}

interface Report {
  readonly at: Path;
  readonly problems: Problems;
}

function amountOf(limit: JsonObject, field: string, name: string): JsonValue | undefined {
  const amounts = objectAt(limit, field);
  return amounts !== undefined && Object.hasOwn(amounts, name) ? amounts[name] : undefined;
}

/** A bound is compared with each of those above it; min with max is a rule of the table. */
function validateOrder(limit: JsonObject, name: string, { at, problems }: Report): void {
  const words: Readonly<Record<string, string>> = {
    default: "default",
    defaultRequest: "default request",
  };
  BOUNDS.forEach((low, i) => {
    const amount = amountOf(limit, low, name);
    for (const high of BOUNDS.slice(i + 1)) {
      const bound = amountOf(limit, high, name);
      if (amount === undefined || bound === undefined || compareAmounts(amount, bound) <= 0)
        continue;
      if (low === "min" && high === "max") continue;
      const [field, shown] = low === "min" ? [high, bound] : [low, amount];
      const detail = `${words[low] ?? low} value ${String(amount)} is greater than ${words[high] ?? high} value ${String(bound)}`;
      problems.invalid(at.child(field).key(name), String(shown), detail);
    }
  });
  const standard = amountOf(limit, "default", name);
  const request = amountOf(limit, "defaultRequest", name);
  if (standard === undefined || request === undefined || mayOvercommit(name)) return;
  if (compareAmounts(standard, request) !== 0) {
    const detail = `default value ${String(standard)} must equal to defaultRequest value ${String(request)} in ${name}`;
    problems.invalid(at.child("defaultRequest").key(name), String(standard), detail);
  }
}

function validateRatio(limit: JsonObject, name: string, { at, problems }: Report): void {
  const ratio = nanosOf(amountOf(limit, "maxLimitRequestRatio", name));
  if (ratio === undefined) return;
  const shown = String(amountOf(limit, "maxLimitRequestRatio", name));
  const here = at.child("maxLimitRequestRatio").key(name);
  if (ratio < NANOS_PER_UNIT) problems.invalid(here, shown, `ratio ${shown} is less than 1`);
  const max = nanosOf(amountOf(limit, "max", name));
  const min = nanosOf(amountOf(limit, "min", name));
  if (max === undefined || min === undefined || min === 0n) return;
  if (ratio * min > max * NANOS_PER_UNIT) {
    const widest = Number(max) / Number(min);
    problems.invalid(here, shown, `ratio ${shown} is greater than max/min = ${widest.toFixed(6)}`);
  }
}

const POD_SCOPES: readonly string[] = [
  "Terminating",
  "NotTerminating",
  "NotBestEffort",
  "PriorityClass",
];
const SCOPES: ReadonlySet<string> = new Set([
  ...POD_SCOPES,
  "BestEffort",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
]);
const EXISTS_SCOPES: ReadonlySet<string> = new Set([
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
]);
const CONFLICTS: readonly (readonly [string, string])[] = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];
/** What pods are counted by. */
const POD_RESOURCES: ReadonlySet<string> = new Set([
  "pods",
  ...["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);

function validateResourceQuota(quota: JsonObject, problems: Problems): void {
  const spec = objectAt(quota, "spec") ?? {};
  const hard = objectAt(spec, "hard") ?? {};
  validateAmounts(hard, SPEC.child("hard"), problems);
  validateScopes(spec, problems);
  validateScopeSelector(spec, problems);
}

function validateAmounts(amounts: JsonObject, at: Path, problems: Problems): void {
  for (const name of Object.keys(amounts)) {
    validateQuotaResourceName(name, at.key(name), problems);
    validateResourceQuantity(name, amounts[name], at.key(name), problems);
  }
}

function fitsResource(scope: string, resource: string): boolean {
  if (scope === "BestEffort") return resource === "pods";
  return !POD_SCOPES.includes(scope) || POD_RESOURCES.has(resource);
}

function validateScopes(spec: JsonObject, problems: Problems): void {
  const scopes = textsAt(spec, "scopes");
  const at = SPEC.child("scopes");
  const hard = Object.keys(objectAt(spec, "hard") ?? {});
  for (const scope of scopes) {
    if (!SCOPES.has(scope)) problems.invalid(at, [...scopes], "unsupported scope");
    for (const resource of hard) {
      if (fitsResource(scope, resource)) continue;
      problems.invalid(at, [...scopes], "unsupported scope applied to resource");
    }
  }
  validateConflicts(scopes, at, problems);
}

function validateConflicts(scopes: readonly string[], at: Path, problems: Problems): void {
  for (const pair of CONFLICTS) {
    if (pair.every((scope) => scopes.includes(scope))) {
      problems.invalid(at, [...scopes], "conflicting scopes");
    }
  }
}

function validateScopeSelector(spec: JsonObject, problems: Problems): void {
  const selector = objectAt(spec, "scopeSelector");
  if (selector === undefined) return;
  const at = SPEC.child("scopeSelector").child("matchExpressions");
  const hard = Object.keys(objectAt(spec, "hard") ?? {});
  const scopes: string[] = [];
  itemsAt(selector, "matchExpressions").forEach((expression, i) => {
    const scope = textAt(expression, "scopeName");
    const operator = textAt(expression, "operator");
    const here = at.index(i);
    scopes.push(scope);
    if (!SCOPES.has(scope)) problems.invalid(here.child("scopeName"), scope, "unsupported scope");
    for (const resource of hard) {
      if (!fitsResource(scope, resource)) {
        problems.invalid(here, expression, "unsupported scope applied to resource");
      }
    }
    if (EXISTS_SCOPES.has(scope) && operator !== "Exists") {
      const detail =
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
      problems.invalid(here.child("operator"), operator, detail);
    }
    const values = expression.values ?? null;
    if ((operator === "In" || operator === "NotIn") && isZero(values)) {
      const detail =
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      problems.required(here.child("values"), detail);
    }
    if ((operator === "Exists" || operator === "DoesNotExist") && !isZero(values)) {
      const detail =
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      problems.invalid(here.child("values"), values, detail);
    }
  });
  validateConflicts(scopes, SPEC.child("scopeSelector").child("matchExpressions"), problems);
}

export const QUOTA_RULES: readonly KindEntry[] = [
  kindFromTable("v1.LimitRange", { create: validateLimitRange }),
  kindFromTable("v1.ResourceQuota", {
    create: validateResourceQuota,
    subresources: {
      status(quota, _old, problems) {
        const status = objectAt(quota, "status");
        for (const field of ["hard", "used"]) {
          validateAmounts(objectAt(status, field) ?? {}, STATUS.child(field), problems);
        }
      },
    },
  }),
];
