/** Upstream: pkg/apis/core/validation/validation.go ValidateNode, ValidateNodeUpdate @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, itemsAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { labelValue, qualifiedName } from "../formats.ts";
import { isDualStack, parseCidr, validateCidr } from "../ip-address.ts";
import type { KindRules } from "../kind-rules.ts";
import { METADATA, Path, SPEC, STATUS } from "../path.ts";
import { TAINT_EFFECTS } from "../pod/tolerations.ts";
import type { Problems } from "../problems.ts";
import { validateResourceQuantity } from "../resource-names.ts";
import { semanticEqual } from "../semantic-equal.ts";

const POD_CIDRS = SPEC.child("podCIDRs");

export const nodeRules: KindRules = {
  create(node, problems) {
    validateTaints(node, problems);
    validateResources(node, problems);
    validatePodCidrs(node, problems);
  },
  update: validateNodeUpdate,
  // Upstream's status strategy runs the rules of an update too.
  subresources: { status: validateNodeUpdate },
};

/** They are reported below metadata, where they once were an annotation. */
function validateTaints(node: JsonObject, problems: Problems): void {
  const seen = new Set<string>();
  itemsAt(objectAt(node, "spec"), "taints").forEach((taint, i) => {
    const at = METADATA.child("taints").index(i);
    const key = textAt(taint, "key");
    const value = textAt(taint, "value");
    const effect = textAt(taint, "effect");
    problems.invalidEach(at.child("key"), key, qualifiedName(key));
    const messages = labelValue(value);
    if (messages.length > 0) problems.invalid(at.child("value"), value, messages.join(";"));
    if (effect === "") problems.required(at.child("effect"));
    else if (!TAINT_EFFECTS.includes(effect))
      problems.notSupported(at.child("effect"), effect, TAINT_EFFECTS);
    const identity = `${effect}\n${key}`;
    if (seen.has(identity))
      problems.duplicate(at, taint, "taints must be unique by key and effect pair");
    seen.add(identity);
  });
}

function validateResources(node: JsonObject, problems: Problems): void {
  const status = objectAt(node, "status");
  for (const field of ["capacity", "allocatable"]) {
    const list = objectAt(status, field);
    for (const name in list) {
      validateResourceQuantity(name, list[name], STATUS.child(field).child(name), problems);
    }
  }
}

function validatePodCidrs(node: JsonObject, problems: Problems): void {
  const cidrs = textsAt(objectAt(node, "spec"), "podCIDRs");
  cidrs.forEach((cidr, i) => {
    validateCidr(cidr, POD_CIDRS.index(i), problems);
  });
  if (cidrs.length < 2) return;
  if (!isDualStack(cidrs.map((cidr) => parseCidr(cidr)?.address.family))) {
    problems.invalid(POD_CIDRS, [...cidrs], "may specify no more than one CIDR for each IP family");
  }
  const seen = new Set<string>();
  cidrs.forEach((cidr, i) => {
    if (seen.has(cidr)) problems.duplicate(POD_CIDRS.index(i), cidr);
    seen.add(cidr);
  });
}

function validateNodeUpdate(node: JsonObject, old: JsonObject, problems: Problems): void {
  validateResources(node, problems);
  validateAddresses(node, problems);
  const spec = objectAt(node, "spec");
  const before = objectAt(old, "spec");
  if (!isZero(before?.podCIDRs) && !semanticEqual(spec?.podCIDRs, before?.podCIDRs)) {
    problems.forbidden(POD_CIDRS, 'node updates may not change podCIDR except from "" to valid');
  }
  if (
    textAt(before, "providerID") !== "" &&
    textAt(before, "providerID") !== textAt(spec, "providerID")
  ) {
    const detail = 'node updates may not change providerID except from "" to valid';
    problems.forbidden(SPEC.child("providerID"), detail);
  }
  validateTaints(node, problems);
  if (textAt(spec, "externalID") !== textAt(before, "externalID")) {
    problems.forbidden(SPEC.child("externalID"), "may not be updated");
  }
}

function validateAddresses(node: JsonObject, problems: Problems): void {
  const seen = new Set<string>();
  itemsAt(objectAt(node, "status"), "addresses").forEach((address, i) => {
    const identity = `${textAt(address, "type")}\n${textAt(address, "address")}`;
    if (seen.has(identity)) problems.duplicate(Path.of("status", "addresses").index(i), address);
    seen.add(identity);
  });
}
