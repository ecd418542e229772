/** Upstream: pkg/apis/core/validation/validation.go ValidatePodStatusUpdate @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, maybeTextAt, numberAt, objectAt, textAt } from "../../json-fields.ts";
import { dns1123Subdomain, qualifiedName } from "../formats.ts";
import { isDualStack, parseIp, validateIp } from "../ip-address.ts";
import { METADATA, type Path, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateAllocated, validateExtendedClaims } from "./allocated-resources.ts";
import { validateAnnotationUpdates } from "./pod-annotations.ts";

const NEGATIVE_GENERATION = "must be a non-negative integer";
const SYSTEM_CONDITIONS: ReadonlySet<string> = new Set(["PodScheduled", "Ready", "Initialized"]);

export function validatePodStatusUpdate(
  pod: JsonObject,
  old: JsonObject,
  problems: Problems,
): void {
  const status = objectAt(pod, "status") ?? {};
  const before = objectAt(old, "status") ?? {};
  const spec = objectAt(pod, "spec") ?? {};
  const oldSpec = objectAt(old, "spec") ?? {};
  validateAnnotationUpdates(pod, old, METADATA.child("annotations"), problems);
  itemsAt(status, "conditions").forEach((condition, i) => {
    const generation = numberAt(condition, "observedGeneration");
    if (generation < 0) {
      const at = STATUS.child("conditions").index(i).child("observedGeneration");
      problems.invalid(at, generation, NEGATIVE_GENERATION);
    }
    const type = textAt(condition, "type");
    if (SYSTEM_CONDITIONS.has(type)) return;
    const messages = qualifiedName(type);
    if (messages.length > 0) {
      problems.invalidEach(STATUS.child("conditions").index(i).child("Type"), type, messages);
    }
  });
  if (textAt(spec, "nodeName") !== textAt(oldSpec, "nodeName")) {
    problems.forbidden(STATUS.child("nodeName"), "may not be changed directly");
  }
  const nominated = textAt(status, "nominatedNodeName");
  if (nominated !== "" && nominated !== textAt(before, "nominatedNodeName")) {
    problems.invalidEach(STATUS.child("nominatedNodeName"), nominated, dns1123Subdomain(nominated));
  }
  const observed = numberAt(status, "observedGeneration");
  if (observed < 0)
    problems.invalid(STATUS.child("observedGeneration"), observed, NEGATIVE_GENERATION);
  if (textAt(status, "qosClass") !== textAt(before, "qosClass")) {
    problems.immutable(STATUS.child("qosClass"), textAt(status, "qosClass"));
  }
  validateTransitions(status, before, oldSpec, problems);
  validateClaimStatuses(status, spec, problems);
  validateExtendedClaims(status, spec, problems);
  validateAddresses(status, before, "podIPs", problems);
  const [firstHost] = itemsAt(status, "hostIPs");
  if (firstHost !== undefined && textAt(firstHost, "ip") !== textAt(status, "hostIP")) {
    const at = STATUS.child("hostIPs").index(0).child("ip");
    problems.invalid(at, textAt(firstHost, "ip"), "must be equal to `hostIP`");
  }
  validateAddresses(status, before, "hostIPs", problems);
  validateAllocated(status, "containerStatuses", itemsAt(spec, "containers"), problems);
  validateAllocated(status, "initContainerStatuses", itemsAt(spec, "initContainers"), problems);
}

/** A container that has ended for good stays ended. */
function validateTransitions(
  status: JsonObject,
  before: JsonObject,
  spec: JsonObject,
  problems: Problems,
): void {
  const policy = textAt(spec, "restartPolicy");
  const mayRestart = new Set(
    ["containers", "initContainers"].flatMap((field) =>
      itemsAt(spec, field)
        .filter((container) => maybeTextAt(container, "restartPolicy") !== undefined)
        .map((container) => textAt(container, "name")),
    ),
  );
  const lists = [
    ["containerStatuses", policy],
    ["initContainerStatuses", policy],
    ["ephemeralContainerStatuses", "Never"],
  ] as const;
  for (const [field, restartPolicy] of lists) {
    if (restartPolicy === "Always") continue;
    const running = new Map<string, number>();
    for (const current of itemsAt(status, field)) {
      if (objectAt(objectAt(current, "state"), "terminated") !== undefined) continue;
      const name = textAt(current, "name");
      running.set(name, (running.get(name) ?? 0) + 1);
    }
    itemsAt(before, field).forEach((old, i) => {
      const terminated = objectAt(objectAt(old, "state"), "terminated");
      const name = textAt(old, "name");
      if (terminated === undefined || mayRestart.has(name)) return;
      if (numberAt(terminated, "exitCode") !== 0 && restartPolicy === "OnFailure") return;
      for (let count = running.get(name) ?? 0; count > 0 && !problems.isFull; count--) {
        const detail = "may not be transitioned to non-terminated state";
        problems.forbidden(STATUS.child(field).index(i).child("state"), detail);
      }
    });
  }
}

function validateClaimStatuses(status: JsonObject, spec: JsonObject, problems: Problems): void {
  const statuses = itemsAt(status, "resourceClaimStatuses");
  if (statuses.length === 0) return;
  const claims = new Set(itemsAt(spec, "resourceClaims").map((claim) => textAt(claim, "name")));
  const seen = new Set<string>();
  statuses.forEach((claim, i) => {
    const at = STATUS.child("resourceClaimStatuses").index(i).child("name");
    const name = textAt(claim, "name");
    if (!claims.has(name)) {
      problems.invalid(at, name, "must match the name of an entry in `spec.resourceClaims`");
    }
    if (seen.has(name)) problems.duplicate(at, name);
    seen.add(name);
    const claimName = maybeTextAt(claim, "resourceClaimName");
    if (claimName !== undefined) problems.invalidEach(at, claimName, dns1123Subdomain(claimName));
  });
}

/** An address that was there before may stay, whatever it is. */
function validateAddresses(
  status: JsonObject,
  before: JsonObject,
  field: string,
  problems: Problems,
): void {
  const addresses = itemsAt(status, field).map((entry) => textAt(entry, "ip"));
  const kept = new Set(itemsAt(before, field).map((entry) => textAt(entry, "ip")));
  const at: Path = STATUS.child(field);
  addresses.forEach((address, i) => {
    if (!kept.has(address)) validateIp(address, at.index(i), problems);
  });
  if (addresses.length < 2) return;
  if (!isDualStack(addresses.map((address) => parseIp(address)?.family))) {
    const detail = "may specify no more than one IP for each IP family";
    problems.invalid(
      at,
      addresses.map((address) => ({ IP: address })),
      detail,
    );
  }
}
