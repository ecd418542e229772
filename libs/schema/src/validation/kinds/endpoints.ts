/** Upstream: pkg/apis/core/validation/validation.go ValidateEndpoints, pkg/apis/discovery/validation @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, itemsAt, textAt, textsAt } from "../../json-fields.ts";
import { dns1123Subdomain } from "../formats.ts";
import { parseIp, validateIp, validateNonSpecialIp } from "../ip-address.ts";
import { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

const SUBSETS = Path.of("subsets");
const ENDPOINTS = Path.of("endpoints");

function validateEndpoints(endpoints: JsonObject, problems: Problems): void {
  itemsAt(endpoints, "subsets").forEach((subset, i) => {
    if (isZero(subset.addresses) && isZero(subset.notReadyAddresses)) {
      problems.required(SUBSETS.index(i), "must specify `addresses` or `notReadyAddresses`");
    }
    itemsAt(subset, "notReadyAddresses").forEach((address, j) => {
      const at = SUBSETS.index(i).child("notReadyAddresses").index(j).child("ip");
      const ip = textAt(address, "ip");
      if (validateIp(ip, at, problems) !== undefined) validateNonSpecialIp(ip, at, problems);
    });
  });
}

function validateEndpointSlice(slice: JsonObject, problems: Problems): void {
  const type = textAt(slice, "addressType");
  itemsAt(slice, "endpoints").forEach((endpoint, i) => {
    textsAt(endpoint, "addresses").forEach((address, j) => {
      validateAddress(address, type, {
        at: ENDPOINTS.index(i).child("addresses").index(j),
        problems,
      });
    });
  });
}

function validateAddress(
  address: string,
  type: string,
  { at, problems }: { readonly at: Path; readonly problems: Problems },
): void {
  if (type === "FQDN") {
    problems.invalidEach(at, address, dns1123Subdomain(address));
  } else if (type === "IPv4" || type === "IPv6") {
    if (validateIp(address, at, problems) === undefined) return;
    if (parseIp(address)?.family !== type) {
      problems.invalid(at, address, `must be an ${type} address`);
    }
    validateNonSpecialIp(address, at, problems);
  }
}

export const ENDPOINT_RULES: readonly KindEntry[] = [
  kindFromTable("v1.Endpoints", { create: validateEndpoints }),
  kindFromTable("discovery.k8s.io/v1.EndpointSlice", { create: validateEndpointSlice }),
];
