/** What the words of the table mean. */
import { type JsonObject, type JsonValue, stringifyJson } from "@kubets/api";
import { isNil, isZero } from "../../json-fields.ts";
import { isJsonObject } from "../../plain-object.ts";
import { validateConditions } from "../conditions.ts";
import { validateCron, validateTimeZone } from "../cron.ts";
import { validateDomainPrefixedPath, validateFullyQualifiedName } from "../domain-names.ts";
import {
  byteLength,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  type Format,
  pathSegment,
  percentText,
  portName,
  portNumber,
  qualifiedName,
  rangeError,
  wildcardSubdomain,
} from "../formats.ts";
import { validateCidr, validateIp, validateNonSpecialIp } from "../ip-address.ts";
import { validateAtMostHundredPercent, validateIntOrPercent } from "../kinds/rollout-strategies.ts";
import { validateLabelSelector, validateLabels } from "../object-meta.ts";
import type { Path } from "../path.ts";
import { validateNoBacksteps } from "../pod/local-path.ts";
import { validatePortNumberOrName } from "../pod/ports.ts";
import { validateResources } from "../pod/resources.ts";
import { validateCsiDriverName } from "../pod/storage-volumes.ts";
import { IMMUTABLE, type Problems } from "../problems.ts";
import { compareAmounts, nanosOf } from "../resource-names.ts";
import { selectorMatches } from "../selector-match.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { validateSignerName } from "../signer-name.ts";
import type { TableRule } from "./table-rule.ts";

export interface CheckInput {
  readonly rule: TableRule;
  readonly value: JsonValue | undefined;
  readonly old: JsonValue | undefined;
  /** The object that `in` names; other fields in arguments are its own. */
  readonly holder: JsonObject;
  readonly root: JsonObject;
  readonly key?: string;
  /** The values of the field that the items before this one have. */
  readonly seen: Set<string>;
  /** Another rule asks for the field, so an empty one is reported already. */
  readonly hasRequired: boolean;
  readonly hasOld: boolean;
  readonly at: () => Path;
}

export type Check = (input: CheckInput, problems: Problems) => void;

/** Reports as the rule says, or as the check usually does. */
function report(
  { rule, at, value }: CheckInput,
  usual: string,
  detail: string,
  problems: Problems,
): void {
  const said = rule.detail ?? detail;
  switch (rule.error ?? usual) {
    case "Required":
      problems.required(at(), said);
      break;
    case "Forbidden":
      problems.forbidden(at(), said);
      break;
    case "NotSupported":
      problems.notSupported(at(), value ?? "", textArgs(rule));
      break;
    case "Duplicate":
      problems.duplicate(at(), value);
      break;
    default:
      problems.invalid(at(), value ?? null, said);
  }
}

function textArgs(rule: TableRule): string[] {
  return (rule.args ?? []).map(String);
}

function numberArg(rule: TableRule, i: number): number {
  const arg = rule.args?.[i];
  return typeof arg === "number" ? arg : 0;
}

function numberOf(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : 0;
}

/** A number that the rule gives itself, or another field of the same object. */
function boundOf({ rule, holder }: CheckInput): number | undefined {
  const arg = rule.args?.[0];
  if (typeof arg === "number") return arg;
  const parent = rule.field.split(".").slice(0, -1);
  let node: JsonValue | undefined = holder;
  for (const name of [...parent, String(arg)]) node = isJsonObject(node) ? node[name] : undefined;
  return typeof node === "number" ? node : undefined;
}

/** False, 0 and an empty object are what their writer gave. */
function isMissing(value: JsonValue | undefined): boolean {
  return isNil(value) || value === "" || (Array.isArray(value) && value.length === 0);
}

function textFormat(format: Format): Check {
  return (input, problems) => {
    const { value, rule, hasRequired } = input;
    if (typeof value !== "string" && !isNil(value)) return;
    const text = typeof value === "string" ? value : "";
    if (text === "" && (hasRequired || isNil(value))) return;
    const checked = rule.when === "lowered" ? text.toLowerCase() : text;
    for (const detail of format(checked)) report(input, "Invalid", detail, problems);
  };
}

/** A check that knows how to report by itself. */
function textCheck(check: (text: string, at: Path, problems: Problems) => void): Check {
  return ({ value, at }, problems) => {
    if (typeof value === "string") check(value, at(), problems);
  };
}

const exactlyOne: Check = (input, problems) => {
  const { value, rule } = input;
  if (!isJsonObject(value)) return;
  const given = textArgs(rule).filter((field) => !isMissing(value[field]));
  if (given.length === 1) return;
  if (given.length === 0) {
    const detail = `must specify one of: ${textArgs(rule)
      .map((field) => `\`${field}\``)
      .join(", ")}`;
    report(
      { ...input, rule: { ...rule, error: rule.error ?? "Required" } },
      "Required",
      detail,
      problems,
    );
  } else {
    report(
      { ...input, rule: { ...rule, error: "Invalid" } },
      "Invalid",
      "may not have more than one field specified at a time",
      problems,
    );
  }
};

const CHANGE_CHECKS: Readonly<Record<string, Check>> = {
  immutable(input, problems) {
    if (!input.hasOld || semanticEqual(input.value, input.old)) return;
    report(input, "Invalid", IMMUTABLE, problems);
  },
  notRemoved(input, problems) {
    if (input.hasOld && !isNil(input.old) && isNil(input.value)) {
      report(input, "Forbidden", "update from non-nil value to nil is forbidden", problems);
    }
  },
  notLowered(input, problems) {
    if (input.hasOld && numberOf(input.value) < numberOf(input.old)) {
      report(input, "Invalid", "cannot be decremented", problems);
    }
  },
};

const NUMBER_CHECKS: Readonly<Record<string, Check>> = {
  min(input, problems) {
    const least = numberArg(input.rule, 0);
    if (numberOf(input.value) >= least || (input.hasRequired && isZero(input.value))) return;
    report(input, "Invalid", `must be greater than or equal to ${least}`, problems);
  },
  max(input, problems) {
    const most = numberArg(input.rule, 0);
    if (numberOf(input.value) > most)
      report(input, "Invalid", `must be less than or equal to ${most}`, problems);
  },
  range(input, problems) {
    const least = numberArg(input.rule, 0);
    const most = numberArg(input.rule, 1);
    const value = numberOf(input.value);
    if (value < least || value > most) report(input, "Invalid", rangeError(least, most), problems);
  },
  atMost(input, problems) {
    const arg = String(input.rule.args?.[0] ?? "");
    const limits = input.key === undefined ? undefined : input.holder[arg];
    if (input.key !== undefined && isJsonObject(limits)) {
      const limit = Object.hasOwn(limits, input.key) ? limits[input.key] : undefined;
      if (compareAmounts(input.value, limit) > 0) {
        report(
          input,
          "Invalid",
          `${input.rule.field} value ${String(input.value)} is greater than ${arg} value ${String(limit)}`,
          problems,
        );
      }
      return;
    }
    const bound = boundOf(input);
    if (bound !== undefined && numberOf(input.value) > bound) {
      report(input, "Invalid", `must be less than or equal to ${bound}`, problems);
    }
  },
  atLeast(input, problems) {
    const bound = boundOf(input);
    if (bound !== undefined && numberOf(input.value) < bound && !isZero(input.value)) {
      report(input, "Invalid", `must be greater than or equal to ${bound}`, problems);
    }
  },
  quantityMin(input, problems) {
    const nanos = nanosOf(input.value);
    if (nanos === undefined) return;
    const positive = numberArg(input.rule, 0) > 0;
    if (positive ? nanos <= 0n : nanos < 0n) {
      report(
        input,
        "Invalid",
        positive ? "must be greater than zero" : "must be greater than or equal to 0",
        problems,
      );
    }
  },
  portNumber({ value, at }, problems) {
    problems.invalidEach(at(), numberOf(value), portNumber(numberOf(value)));
  },
};

const SHAPE_CHECKS: Readonly<Record<string, Check>> = {
  required(input, problems) {
    const keys = input.rule.args;
    if (keys === undefined) {
      if (isMissing(input.value)) report(input, "Required", "", problems);
      return;
    }
    for (const key of keys) {
      if (!isJsonObject(input.value) || !Object.hasOwn(input.value, String(key))) {
        problems.required(input.at().key(String(key)), input.rule.detail ?? "");
      }
    }
  },
  forbidden(input, problems) {
    if (!isZero(input.value)) report(input, "Forbidden", "may not be set", problems);
  },
  unset(input, problems) {
    if (!isNil(input.value) && !isZero(input.value))
      report(input, "Invalid", "must not be set", problems);
  },
  enum(input, problems) {
    const { value, rule, hasRequired } = input;
    if (isZero(value) && (hasRequired || rule.when !== undefined)) return;
    if (!textArgs(rule).includes(String(value ?? "")))
      report(input, "NotSupported", "not a valid value", problems);
  },
  equals(input, problems) {
    const wanted = input.rule.args?.[0] ?? null;
    if (!isNil(input.value) && !semanticEqual(input.value, wanted)) {
      report(input, "Invalid", `must be ${String(wanted)}`, problems);
    }
  },
  not(input, problems) {
    const unwanted = input.rule.args?.[0];
    if (!isNil(input.value) && String(input.value) === String(unwanted)) {
      report(input, "Invalid", `may not be ${String(unwanted)}`, problems);
    }
  },
  maxLength({ value, rule, at }, problems) {
    const most = numberArg(rule, 0);
    if (typeof value !== "string" || byteLength(value) <= most) return;
    if (rule.error === "Invalid") problems.invalid(at(), value, rule.detail ?? "");
    else problems.tooLong(at(), most);
  },
  maxItems(input, problems) {
    const { value, rule, at } = input;
    const count = Array.isArray(value)
      ? value.length
      : isJsonObject(value)
        ? Object.keys(value).length
        : 0;
    const most = numberArg(rule, 0);
    if (count <= most) return;
    if (rule.error === "Invalid")
      report(input, "Invalid", `may not specify more than ${most} items`, problems);
    else if (rule.error === "TooLong") problems.tooLong(at(), most);
    else problems.tooMany(at(), count, most);
  },
  exactlyOne,
  unique(input, problems) {
    const key = stringifyJson(input.value ?? null);
    if (input.seen.has(key)) problems.duplicate(input.at(), input.value);
    input.seen.add(key);
  },
  exclusive(input, problems) {
    const { value, rule, holder } = input;
    const of = rule.field === "" || isJsonObject(value) ? value : holder;
    const fields = textArgs(rule);
    const isOwn = isJsonObject(value) && fields.some((field) => Object.hasOwn(value, field));
    const clash = isOwn
      ? fields.filter((field) => isJsonObject(of) && !isMissing(of[field])).length > 1
      : !isMissing(value) && fields.some((field) => !isMissing(holder[field]));
    if (clash)
      report(input, "Invalid", `may not be set together with ${fields.join(", ")}`, problems);
  },
  matches(input, problems) {
    const labels = isJsonObject(input.value) ? input.value : {};
    let selector: JsonValue | undefined = input.root;
    for (const name of String(input.rule.args?.[0] ?? "").split(".")) {
      selector = isJsonObject(selector) ? selector[name] : undefined;
    }
    if (isJsonObject(selector) && !isZero(selector) && !selectorMatches(selector, labels)) {
      report({ ...input, value: labels }, "Invalid", "", problems);
    }
  },
};

const FORMAT_CHECKS: Readonly<Record<string, Check>> = {
  dns1123Label: textFormat(dns1123Label),
  dns1123Subdomain: textFormat(dns1123Subdomain),
  dns1035Label: textFormat(dns1035Label),
  dns1123SubdomainOrWildcard: textFormat((value) =>
    value.includes("*") ? wildcardSubdomain(value) : dns1123Subdomain(value),
  ),
  qualifiedName: textFormat(qualifiedName),
  pathSegment: textFormat(pathSegment),
  portName: textFormat(portName),
  percent: textFormat(percentText),
  ip: textCheck(validateIp),
  cidr: textCheck(validateCidr),
  endpointIp: textCheck(validateNonSpecialIp),
  csiDriverName: textCheck(validateCsiDriverName),
  signerName: textCheck(validateSignerName),
  domainPrefixedPath: textCheck(validateDomainPrefixedPath),
  fullyQualifiedName: textCheck(validateFullyQualifiedName),
  noBacksteps: textCheck(validateNoBacksteps),
  cron: textCheck(validateCron),
  timeZone: textCheck(validateTimeZone),
  labelSelector: ({ value, at }, problems) => validateLabelSelector(value, at(), problems),
  labels: ({ value, at }, problems) => {
    if (isJsonObject(value)) validateLabels(value, at(), problems);
  },
  conditions: ({ value, at }, problems) => validateConditions(value, at(), problems),
  resourceList: ({ value, at }, problems) => {
    if (isJsonObject(value))
      validateResources({ limits: value }, at(), { claimNames: new Set(), problems });
  },
  intOrPercent: ({ value, at }, problems) => {
    if (!isNil(value)) validateIntOrPercent(value, at(), problems);
  },
  maxPercent: ({ value, at }, problems) => validateAtMostHundredPercent(value, at(), problems),
  portNumberOrName: ({ value, at }, problems) => validatePortNumberOrName(value, at(), problems),
};

export const CHECKS: Readonly<Record<string, Check>> = {
  ...SHAPE_CHECKS,
  ...NUMBER_CHECKS,
  ...CHANGE_CHECKS,
  ...FORMAT_CHECKS,
};
