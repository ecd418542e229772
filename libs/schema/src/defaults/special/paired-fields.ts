/**
 * Fields that exist twice, in an old and a new form, or once for writing and once for reading. Upstream keeps
 * them in step when it converts an object to its internal form and back; here it happens with the defaults.
 *
 * Upstream: pkg/apis/core/v1/conversion.go Convert_v1_PodSpec_To_core_PodSpec, Convert_v1_PodStatus_To_core_PodStatus,
 * Convert_v1_NodeSpec_To_core_NodeSpec, Convert_v1_Secret_To_core_Secret @1.36
 */
import type { JsonObject } from "@kubets/api";
import { isZero, itemsAt, madeAt, objectAt, textAt } from "../../json-fields.ts";
import { setOwn } from "../../plain-object.ts";

/** The old name of the service account follows the new one, and stands in where only it is given. */
export function podServiceAccount(spec: JsonObject): void {
  const name = textAt(spec, "serviceAccountName") || textAt(spec, "serviceAccount");
  if (name === "") return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

/** One address alone wins over a list that says otherwise; else it shows the first of the list. */
export function podStatusAddresses(status: JsonObject): void {
  const address = textAt(status, "podIP");
  const [first] = itemsAt(status, "podIPs");
  if (address === "") {
    const shown = textAt(first, "ip");
    if (shown !== "") status.podIP = shown;
  } else if (textAt(first, "ip") !== address) {
    status.podIPs = [{ ip: address }];
  }
}

export function nodePodCidrs(spec: JsonObject): void {
  const cidrs = spec.podCIDRs;
  const first = Array.isArray(cidrs) ? cidrs[0] : undefined;
  if (typeof first === "string") {
    if (isZero(spec.podCIDR)) spec.podCIDR = first;
  } else if (!isZero(spec.podCIDR)) {
    spec.podCIDRs = [textAt(spec, "podCIDR")];
  }
}

/** Plain text is for writing only: it goes into the data and wins there. */
export function secretStringData(secret: JsonObject): void {
  const plain = objectAt(secret, "stringData");
  if (plain === undefined) return;
  const data = madeAt(secret, "data");
  for (const key in plain) {
    const value = plain[key];
    if (typeof value === "string") setOwn(data, key, Buffer.from(value, "utf8").toString("base64"));
  }
  delete secret.stringData;
}
