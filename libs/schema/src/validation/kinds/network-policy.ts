/** Upstream: pkg/apis/networking/validation/validation.go ValidateNetworkPolicySpec @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  itemsAt,
  maybeNumberAt,
  maybeTextAt,
  objectAt,
  textAt,
  textsAt,
} from "../../json-fields.ts";
import { portName, portNumber } from "../formats.ts";
import { isStrictSubset, parseCidr, validateCidr } from "../ip-address.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateLabelSelector } from "../object-meta.ts";
import { type Path, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";

const TYPES: readonly string[] = ["Ingress", "Egress"];
const PROTOCOLS: readonly string[] = ["TCP", "UDP", "SCTP"];

export const networkPolicyRules: KindRules = {
  create(policy, problems) {
    const spec = objectAt(policy, "spec") ?? {};
    validateLabelSelector(spec.podSelector, SPEC.child("podSelector"), problems);
    for (const [rules, peers] of [
      ["ingress", "from"],
      ["egress", "to"],
    ] as const) {
      itemsAt(spec, rules).forEach((rule, i) => {
        validateRule(rule, peers, SPEC.child(rules).index(i), problems);
      });
    }
    validateTypes(spec, problems);
  },
};

function validateRule(rule: JsonObject, peers: string, at: Path, problems: Problems): void {
  itemsAt(rule, "ports").forEach((port, i) => {
    validatePort(port, at.child("ports").index(i), problems);
  });
  itemsAt(rule, peers).forEach((peer, i) => {
    validatePeer(peer, at.child(peers).index(i), problems);
  });
}

function validateTypes(spec: JsonObject, problems: Problems): void {
  const types = textsAt(spec, "policyTypes");
  const at = SPEC.child("policyTypes");
  if (types.length > TYPES.length) {
    problems.invalid(at, [...types], "may not specify more than two policyTypes");
    return;
  }
  types.forEach((type, i) => {
    if (!TYPES.includes(type)) problems.notSupported(at.index(i), type, TYPES);
  });
}

function validatePort(rule: JsonObject, at: Path, problems: Problems): void {
  const protocol = maybeTextAt(rule, "protocol");
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    problems.notSupported(at.child("protocol"), protocol, PROTOCOLS);
  }
  const { port } = rule;
  const end = maybeNumberAt(rule, "endPort");
  const endAt = at.child("endPort");
  if (typeof port === "number") {
    problems.invalidEach(at.child("port"), port, portNumber(port));
    if (end === undefined) return;
    // Upstream shows the first port here.
    if (end < port) problems.invalid(endAt, port, "must be greater than or equal to `port`");
    problems.invalidEach(endAt, end, portNumber(end));
    return;
  }
  if (end !== undefined) {
    const why = isNil(port) ? "not specified" : "non-numeric";
    problems.invalid(endAt, end, `may not be specified when \`port\` is ${why}`);
  }
  if (typeof port === "string") problems.invalidEach(at.child("port"), port, portName(port));
}

function validatePeer(peer: JsonObject, at: Path, problems: Problems): void {
  const block = objectAt(peer, "ipBlock");
  const selectors = ["podSelector", "namespaceSelector"].filter((field) => !isNil(peer[field]));
  for (const field of selectors) validateLabelSelector(peer[field], at.child(field), problems);
  if (block !== undefined) validateBlock(block, at.child("ipBlock"), problems);
  if (block === undefined && selectors.length === 0) problems.required(at, "must specify a peer");
  else if (block !== undefined && selectors.length > 0) {
    problems.forbidden(at, "may not specify both ipBlock and another peer");
  }
}

function validateBlock(block: JsonObject, at: Path, problems: Problems): void {
  const text = textAt(block, "cidr");
  if (text === "") {
    problems.required(at.child("cidr"));
    return;
  }
  validateCidr(text, at.child("cidr"), problems);
  const outer = parseCidr(text);
  if (outer === undefined) return;
  textsAt(block, "except").forEach((except, i) => {
    const here = at.child("except").index(i);
    validateCidr(except, here, problems);
    const inner = parseCidr(except);
    if (inner === undefined || isStrictSubset(inner, outer)) return;
    problems.invalid(here, except, "must be a strict subset of `cidr`");
  });
}
