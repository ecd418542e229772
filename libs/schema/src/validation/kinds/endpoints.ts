/** Upstream: pkg/apis/core/validation/validation.go ValidateEndpoints @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, itemsAt, maybeTextAt, numberAt, textAt } from "../../json-fields.ts";
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from "../formats.ts";
import { validateIp, validateNonSpecialIp } from "../ip-address.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { Path } from "../path.ts";
import { validateProtocol } from "../pod/ports.ts";
import { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { namespacedSubdomain } from "./meta-rules.ts";

const SUBSETS = Path.of("subsets");

export const endpointsRules: KindRules = {
  create: validateSubsets,
  update(endpoints, old, problems) {
    validateObjectMeta(endpoints, namespacedSubdomain, problems);
    const found = new Problems();
    validateSubsets(endpoints, found);
    // What was wrong before may stay.
    const isKept = found.causes.length > 0 && semanticEqual(endpoints.subsets, old.subsets);
    if (!isKept) problems.addAll(found);
  },
};

function validateSubsets(endpoints: JsonObject, problems: Problems): void {
  itemsAt(endpoints, "subsets").forEach((subset, i) => {
    const at = SUBSETS.index(i);
    if (isZero(subset.addresses) && isZero(subset.notReadyAddresses)) {
      problems.required(at, "must specify `addresses` or `notReadyAddresses`");
    }
    for (const field of ["addresses", "notReadyAddresses"]) {
      itemsAt(subset, field).forEach((address, j) => {
        validateAddress(address, at.child(field).index(j), problems);
      });
    }
    const ports = itemsAt(subset, "ports");
    ports.forEach((port, j) => {
      validatePort(port, ports.length > 1, at.child("ports").index(j), problems);
    });
  });
}

function validateAddress(address: JsonObject, at: Path, problems: Problems): void {
  const ip = textAt(address, "ip");
  validateIp(ip, at.child("ip"), problems);
  const hostname = textAt(address, "hostname");
  if (hostname !== "") problems.invalidEach(at.child("hostname"), hostname, dns1123Label(hostname));
  const node = maybeTextAt(address, "nodeName");
  if (node !== undefined) problems.invalidEach(at.child("nodeName"), node, dns1123Subdomain(node));
  validateNonSpecialIp(ip, at.child("ip"), problems);
}

function validatePort(port: JsonObject, isNamed: boolean, at: Path, problems: Problems): void {
  const name = textAt(port, "name");
  if (name !== "") problems.invalidEach(at.child("name"), name, dns1123Label(name));
  else if (isNamed) problems.required(at.child("name"));
  const number = numberAt(port, "port");
  problems.invalidEach(at.child("port"), number, portNumber(number));
  validateProtocol(textAt(port, "protocol"), at.child("protocol"), problems);
  const appProtocol = maybeTextAt(port, "appProtocol");
  if (appProtocol === undefined) return;
  problems.invalidEach(at.child("appProtocol"), appProtocol, qualifiedName(appProtocol));
}
