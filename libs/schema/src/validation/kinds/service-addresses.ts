/**
 * Cluster IPs and IP families of a Service. Which families the cluster has is the registry's business.
 *
 * Upstream: pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields,
 * validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies @1.36
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";
import { maybeTextAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { isJsonObject } from "../../plain-object.ts";
import { isDualStack, parseIp, validateIp } from "../ip-address.ts";
import { SPEC } from "../path.ts";
import { Problems } from "../problems.ts";

const FAMILIES: readonly string[] = ["IPv4", "IPv6"];
const FAMILY_POLICIES: readonly string[] = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const IPS = SPEC.child("clusterIPs");
const IP_FAMILIES = SPEC.child("ipFamilies");
const POLICY = SPEC.child("ipFamilyPolicy");
const NOT_ONCE_SET = "may not change once set";

/** Problems that would confuse the allocation of addresses: the registry asks before it allocates. */
export function serviceAddressProblems(spec: object): StatusCause[] {
  const problems = new Problems();
  const json: unknown = spec;
  if (isJson(json)) validateServiceAddresses(json, problems);
  return problems.causes;
}

function isJson(value: unknown): value is JsonObject {
  return isJsonObject(value as JsonObject);
}

export function validateServiceAddresses(spec: JsonObject, problems: Problems): void {
  if (spec.type === "ExternalName") return;
  const clusterIP = textAt(spec, "clusterIP");
  const clusterIPs = textsAt(spec, "clusterIPs");
  const [first] = clusterIPs;
  if (clusterIP === "") {
    if (first !== undefined)
      problems.invalid(IPS, [...clusterIPs], "must be empty when `clusterIP` is not specified");
  } else if (first === undefined) {
    problems.required(IPS);
  } else if (first !== clusterIP) {
    problems.invalid(IPS, [...clusterIPs], "first value must match `clusterIP`");
  }
  const families = textsAt(spec, "ipFamilies");
  const seen = new Set<string>();
  families.forEach((family, i) => {
    if (!FAMILIES.includes(family)) problems.notSupported(IP_FAMILIES.index(i), family, FAMILIES);
    if (seen.has(family)) problems.duplicate(IP_FAMILIES.index(i), family);
    seen.add(family);
  });
  const policy = maybeTextAt(spec, "ipFamilyPolicy");
  if (policy !== undefined && !FAMILY_POLICIES.includes(policy)) {
    problems.notSupported(POLICY, policy, FAMILY_POLICIES);
  }
  if (areValid(clusterIPs, problems)) {
    validateFamilies(clusterIPs, families, clusterIP === "None", problems);
  }
}

function areValid(clusterIPs: readonly string[], problems: Problems): boolean {
  const count = problems.causes.length;
  clusterIPs.forEach((ip, i) => {
    if (i > 0 || ip !== "None") validateIp(ip, IPS.index(i), problems);
    else if (clusterIPs.length > 1) {
      problems.invalid(IPS, [...clusterIPs], "'None' must be the first and only value");
    }
  });
  const areAll = problems.causes.length === count;
  if (clusterIPs.length > 2) problems.invalid(IPS, [...clusterIPs], "may only hold up to 2 values");
  return areAll;
}

function validateFamilies(
  clusterIPs: readonly string[],
  families: readonly string[],
  isHeadless: boolean,
  problems: Problems,
): void {
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs.map((ip) => parseIp(ip)?.family))) {
    problems.invalid(IPS, [...clusterIPs], "may specify no more than one IP for each IP family");
  }
  if (isHeadless) return;
  clusterIPs.forEach((ip, i) => {
    const family = families[i];
    if (family === undefined || !FAMILIES.includes(family)) return;
    if (parseIp(ip)?.family === family) return;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    problems.invalid(IPS.index(i), ip, detail);
  });
}

/** A second address may come and go; what is first stays, unless the type changes to or from ExternalName. */
export function validateServiceAddressUpdate(
  service: JsonObject,
  old: JsonObject,
  problems: Problems,
): void {
  const spec = objectAt(service, "spec") ?? {};
  const before = objectAt(old, "spec") ?? {};
  if (spec.type === "ExternalName" || before.type === "ExternalName") return;
  const isHeadless = (of: JsonObject): boolean => textAt(of, "clusterIP") === "None";
  if (!isHeadless(spec) || !isHeadless(before)) {
    validateChanges(spec, before, "clusterIPs", "clusterIP", problems);
  }
  validateChanges(spec, before, "ipFamilies", "ipFamily", problems);
}

function validateChanges(
  spec: JsonObject,
  before: JsonObject,
  field: string,
  what: string,
  problems: Problems,
): void {
  const at = SPEC.child(field);
  const now = textsAt(spec, field);
  const then = textsAt(before, field);
  if (now.length === then.length) {
    then.forEach((value, i) => {
      if (value !== now[i]) problems.invalid(at.index(i), [...now], NOT_ONCE_SET);
    });
    return;
  }
  if (now.length === 0)
    problems.invalid(at.index(0), shownList(spec[field]), `primary ${what} can not be unset`);
  else if (then.length > 0 && now[0] !== then[0]) {
    problems.invalid(at.index(0), [...now], NOT_ONCE_SET);
  }
  if (now.length !== 1 || then.length < now.length) return;
  const policy = maybeTextAt(spec, "ipFamilyPolicy");
  if (policy === "SingleStack") return;
  problems.invalid(
    POLICY,
    policy ?? null,
    `must be set to 'SingleStack' when releasing the secondary ${what}`,
  );
}

/** An absent list and an empty one are told apart. */
function shownList(value: JsonValue | undefined): JsonValue {
  return value === undefined ? null : value;
}
