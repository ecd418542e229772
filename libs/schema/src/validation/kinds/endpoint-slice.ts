/** Upstream: pkg/apis/discovery/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, itemsAt, maybeTextAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { validateFullyQualifiedDomain } from "../domain-names.ts";
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from "../formats.ts";
import { parseIp, validateIp, validateNonSpecialIp } from "../ip-address.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateLabels, validateObjectMeta } from "../object-meta.ts";
import { Path } from "../path.ts";
import { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { namespacedSubdomain } from "./meta-rules.ts";

const TYPES: readonly string[] = ["FQDN", "IPv4", "IPv6"];
const PROTOCOLS: readonly string[] = ["SCTP", "TCP", "UDP"];
const PORTS_MAX = 20_000;
const ENDPOINTS_MAX = 1_000;
const ADDRESSES_MAX = 100;
const TOPOLOGY_MAX = 16;
const HINTS_MAX = 8;
const TYPE = Path.of("addressType");
const PORTS = Path.of("ports");
const ENDPOINTS = Path.of("endpoints");

export const endpointSliceRules: KindRules = {
  create(slice, problems) {
    validateTypeAndPorts(slice, problems);
    validateEndpoints(slice, problems);
  },
  metaOnUpdate: "none",
  update(slice, old, problems) {
    validateObjectMeta(slice, namespacedSubdomain, problems);
    validateTypeAndPorts(slice, problems);
    const found = new Problems();
    validateEndpoints(slice, found);
    // What was wrong before may stay.
    const isKept = found.causes.length > 0 && semanticEqual(slice.endpoints, old.endpoints);
    if (!isKept) problems.addAll(found);
    if (slice.addressType !== old.addressType) problems.immutable(TYPE, slice.addressType);
  },
};

function validateTypeAndPorts(slice: JsonObject, problems: Problems): void {
  const type = textAt(slice, "addressType");
  if (type === "") problems.required(TYPE);
  else if (!TYPES.includes(type)) problems.notSupported(TYPE, type, TYPES);
  const ports = itemsAt(slice, "ports");
  if (ports.length > PORTS_MAX) {
    problems.tooMany(PORTS, ports.length, PORTS_MAX);
    return;
  }
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const at = PORTS.index(i);
    const name = textAt(port, "name");
    if (name !== "") problems.invalidEach(at.child("name"), name, dns1123Label(name));
    if (names.has(name)) problems.duplicate(at.child("name"), name);
    names.add(name);
    const protocol = maybeTextAt(port, "protocol");
    if (protocol === undefined) problems.required(at.child("protocol"));
    else if (!PROTOCOLS.includes(protocol))
      problems.notSupported(at.child("protocol"), protocol, PROTOCOLS);
    const appProtocol = maybeTextAt(port, "appProtocol");
    if (appProtocol === undefined) return;
    problems.invalidEach(at.child("appProtocol"), appProtocol, qualifiedName(appProtocol));
  });
}

function validateEndpoints(slice: JsonObject, problems: Problems): void {
  const endpoints = itemsAt(slice, "endpoints");
  if (endpoints.length > ENDPOINTS_MAX) {
    problems.tooMany(ENDPOINTS, endpoints.length, ENDPOINTS_MAX);
    return;
  }
  const type = textAt(slice, "addressType");
  endpoints.forEach((endpoint, i) => {
    validateEndpoint(endpoint, type, ENDPOINTS.index(i), problems);
  });
}

function validateEndpoint(endpoint: JsonObject, type: string, at: Path, problems: Problems): void {
  const addressesAt = at.child("addresses");
  const addresses = textsAt(endpoint, "addresses");
  if (addresses.length === 0) problems.required(addressesAt, "must contain at least 1 address");
  else if (addresses.length > ADDRESSES_MAX)
    problems.tooMany(addressesAt, addresses.length, ADDRESSES_MAX);
  addresses.forEach((address, i) => {
    validateAddress(address, type, { at: addressesAt, index: i }, problems);
  });
  const node = maybeTextAt(endpoint, "nodeName");
  if (node !== undefined) problems.invalidEach(at.child("nodeName"), node, dns1123Subdomain(node));
  const topology = objectAt(endpoint, "deprecatedTopology");
  if (topology !== undefined) {
    const here = at.child("deprecatedTopology");
    const count = Object.keys(topology).length;
    if (count > TOPOLOGY_MAX) problems.tooMany(here, count, TOPOLOGY_MAX);
    validateLabels(topology, here, problems);
  }
  const hostname = maybeTextAt(endpoint, "hostname");
  if (hostname !== undefined)
    problems.invalidEach(at.child("hostname"), hostname, dns1123Label(hostname));
  const hints = objectAt(endpoint, "hints");
  if (!isNil(hints)) validateHints(hints, at.child("hints"), problems);
}

function validateAddress(
  address: string,
  type: string,
  { at, index }: { readonly at: Path; readonly index: number },
  problems: Problems,
): void {
  if (type === "FQDN") {
    validateFullyQualifiedDomain(address, at.index(index), problems);
  } else if (type === "IPv4" || type === "IPv6") {
    if (validateIp(address, at.index(index), problems) === undefined) return;
    // Told of the whole list, as upstream does.
    if (parseIp(address)?.family !== type) {
      problems.invalid(at, address, `must be an ${type} address`);
    }
    validateNonSpecialIp(address, at.index(index), problems);
  }
}

function validateHints(hints: JsonObject, at: Path, problems: Problems): void {
  for (const [field, format] of [
    ["forZones", labelValue],
    ["forNodes", dns1123Subdomain],
  ] as const) {
    const here = at.child(field);
    const list = itemsAt(hints, field).map((hint) => textAt(hint, "name"));
    if (list.length > HINTS_MAX) {
      problems.tooMany(here, list.length, HINTS_MAX);
      return;
    }
    const names = new Set<string>();
    list.forEach((name, i) => {
      const nameAt = here.index(i).child("name");
      if (names.has(name)) problems.duplicate(nameAt, name);
      names.add(name);
      problems.invalidEach(nameAt, name, format(name));
    });
  }
}
