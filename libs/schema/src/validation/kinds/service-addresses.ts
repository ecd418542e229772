/**
 * Cluster IPs and IP families of a Service. Which families the cluster has is the registry's business.
 *
 * Upstream: pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields,
 * validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies @1.36
 */
import type { JsonObject } from "@kubets/api";
import { isZero, maybeTextAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { isDualStack, parseIp, validateIp } from "../ip-address.ts";
import { SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";

const FAMILIES: readonly string[] = ["IPv4", "IPv6"];
const FAMILY_POLICIES: readonly string[] = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const IPS = SPEC.child("clusterIPs");
const IP_FAMILIES = SPEC.child("ipFamilies");
const POLICY = SPEC.child("ipFamilyPolicy");
const NOT_ONCE_SET = "may not change once set";

export function validateServiceAddresses(spec: JsonObject, problems: Problems): void {
  if (spec.type === "ExternalName") return;
  const families = textsAt(spec, "ipFamilies");
  const clusterIPs = textsAt(spec, "clusterIPs");
  families.forEach((family, i) => {
    if (!FAMILIES.includes(family)) problems.notSupported(IP_FAMILIES.index(i), family, FAMILIES);
    if (families.indexOf(family) < i) problems.duplicate(IP_FAMILIES.index(i), family);
  });
  const policy = maybeTextAt(spec, "ipFamilyPolicy");
  if (policy !== undefined) {
    if (!FAMILY_POLICIES.includes(policy)) problems.notSupported(POLICY, policy, FAMILY_POLICIES);
    if (policy === "SingleStack" && clusterIPs.length > 1) {
      problems.invalid(
        POLICY,
        policy,
        "must be RequireDualStack or PreferDualStack when multiple 'clusterIPs' are specified",
      );
    }
    if (policy === "SingleStack" && families.length > 1) {
      problems.invalid(
        POLICY,
        policy,
        "must be RequireDualStack or PreferDualStack when multiple 'ipFamilies' are specified",
      );
    }
  }
  validateClusterIps(textAt(spec, "clusterIP"), clusterIPs, { families, problems });
}

function validateClusterIps(
  clusterIP: string,
  clusterIPs: readonly string[],
  { families, problems }: { readonly families: readonly string[]; readonly problems: Problems },
): void {
  const [first] = clusterIPs;
  if (clusterIP === "") {
    if (first !== undefined)
      problems.invalid(IPS, [...clusterIPs], "must be empty when `clusterIP` is not specified");
  } else if (first === undefined) {
    problems.required(IPS);
  } else if (first !== clusterIP) {
    problems.invalid(IPS, [...clusterIPs], "first value must match `clusterIP`");
  }
  if (clusterIPs.length > 1 && clusterIPs.includes("None")) {
    problems.invalid(IPS, [...clusterIPs], "'None' must be the first and only value");
  }
  const hasPolicyValues = first !== undefined && first !== "None";
  if (!hasPolicyValues) return;
  clusterIPs.forEach((ip, i) => {
    if (ip === "None") return;
    if (ip === "") problems.invalid(IPS.index(i), ip, "must be empty or a valid IP address");
    else {
      const address = validateIp(ip, IPS.index(i), problems);
      const family = families[i];
      if (
        address !== undefined &&
        family !== undefined &&
        FAMILIES.includes(family) &&
        address.family !== family
      ) {
        problems.invalid(
          IPS.index(i),
          ip,
          `expected an ${family} value as indicated by \`ipFamilies[${i}]\``,
        );
      }
    }
  });
  if (clusterIPs.length > 2) problems.invalid(IPS, [...clusterIPs], "may only hold up to 2 values");
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs.map((ip) => parseIp(ip)?.family))) {
    problems.invalid(IPS, [...clusterIPs], "may specify no more than one IP for each IP family");
  }
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
  const policy = maybeTextAt(spec, "ipFamilyPolicy");
  const isSingle = policy === "SingleStack";
  const lists = [
    ["clusterIPs", IPS],
    ["ipFamilies", IP_FAMILIES],
  ] as const;
  for (const [field, at] of lists) {
    const now = textsAt(spec, field);
    const then = textsAt(before, field);
    if (then.length === 0 || (field === "clusterIPs" && isZero(then[0]))) continue;
    if (now[0] !== then[0]) problems.invalid(at.index(0), [...now], NOT_ONCE_SET);
    if (then.length < 2) continue;
    if (now.length >= 2) {
      if (now[1] !== then[1]) problems.invalid(at.index(1), [...now], NOT_ONCE_SET);
    } else if (!isSingle) {
      const what = field === "clusterIPs" ? "cluster IP" : "ipFamily";
      problems.invalid(
        POLICY,
        policy ?? null,
        `must be set to 'SingleStack' when releasing the secondary ${what}`,
      );
    }
  }
}
