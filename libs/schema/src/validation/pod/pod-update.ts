/** What may change in a pod's spec. Upstream: pkg/apis/core/validation/validation.go ValidatePodUpdate @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isNil, itemsAt, maybeNumberAt, numberAt, objectAt, textAt } from "../../json-fields.ts";
import { rangeError } from "../formats.ts";
import { type Path, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { validateImageSpace } from "./containers.ts";
import { validateGatedPodUpdate } from "./gated-pod-update.ts";
import { describeChanges } from "./spec-changes.ts";

const INT32_MAX = 2_147_483_647;
const MAY_CHANGE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

export function validatePodSpecUpdate(pod: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(pod, "spec") ?? {};
  const before = objectAt(old, "spec") ?? {};
  for (const field of ["containers", "initContainers"]) {
    if (!validateContainerUpdates(spec, before, { field, problems })) return;
  }
  if (!validateDeadline(spec, before, problems)) return;
  validateOnlyAddedTolerations(spec, before, problems);
  validateOnlyRemovedGates(spec, before, problems);
  if (semanticEqual(spec, before)) return;
  const munged = withChangeableFieldsOf(before, spec);
  const isGated = itemsAt(before, "schedulingGates").length > 0;
  const comparable = isGated ? validateGatedPodUpdate(munged, before, problems) : munged;
  if (semanticEqual(comparable, before)) return;
  const changes = describeChanges(before, comparable);
  problems.forbidden(
    SPEC,
    `pod updates may not change fields other than ${MAY_CHANGE}\n${changes}`,
  );
}

/** False when the lists cannot be compared any further. */
function validateContainerUpdates(
  spec: JsonObject,
  before: JsonObject,
  { field, problems }: { readonly field: string; readonly problems: Problems },
): boolean {
  const containers = itemsAt(spec, field);
  const at = SPEC.child(field);
  if (containers.length !== itemsAt(before, field).length) {
    problems.forbidden(at, "pod updates may not add or remove containers");
    return false;
  }
  containers.forEach((container, i) => {
    if (textAt(container, "image") === "") problems.required(at.index(i).child("image"));
    validateImageSpace(container, at.index(i), problems);
  });
  return true;
}

/** From none to some, and from some to less. False when the rest is not worth looking at. */
function validateDeadline(spec: JsonObject, before: JsonObject, problems: Problems): boolean {
  const deadline = maybeNumberAt(spec, "activeDeadlineSeconds");
  const old = maybeNumberAt(before, "activeDeadlineSeconds");
  const at = SPEC.child("activeDeadlineSeconds");
  if (deadline === undefined) {
    if (old !== undefined)
      problems.invalid(at, null, "must not update from a positive integer to nil value");
    return true;
  }
  if (deadline < 0 || deadline > INT32_MAX) {
    problems.invalid(at, deadline, rangeError(0, INT32_MAX));
    return false;
  }
  if (old !== undefined && old < deadline) {
    problems.invalid(at, deadline, "must be less than or equal to previous value");
    return false;
  }
  return true;
}

function validateOnlyAddedTolerations(
  spec: JsonObject,
  before: JsonObject,
  problems: Problems,
): void {
  const old = itemsAt(before, "tolerations");
  if (old.length === 0) return;
  const kept = new Set(itemsAt(spec, "tolerations").map(tolerationKey));
  for (const toleration of old) {
    if (kept.has(tolerationKey(toleration))) continue;
    const detail = "existing toleration can not be modified except its tolerationSeconds";
    problems.forbidden(SPEC.child("tolerations"), detail);
    return;
  }
}

/** All of it but the seconds. */
function tolerationKey(toleration: JsonObject): string {
  const fields = ["key", "operator", "value", "effect"];
  return JSON.stringify(fields.map((field) => textAt(toleration, field)));
}

function validateOnlyRemovedGates(spec: JsonObject, before: JsonObject, problems: Problems): void {
  const old = new Set(itemsAt(before, "schedulingGates").map((gate) => textAt(gate, "name")));
  itemsAt(spec, "schedulingGates").forEach((gate, i) => {
    const name = textAt(gate, "name");
    if (old.has(name)) return;
    const at: Path = SPEC.child("schedulingGates").index(i).child("name");
    problems.forbidden(at, `only deletion is allowed, but found new scheduling gate '${name}'`);
  });
}

/** The new spec with everything that may change put back to what it was. */
function withChangeableFieldsOf(before: JsonObject, spec: JsonObject): JsonObject {
  const munged: JsonObject = { ...spec };
  for (const field of ["containers", "initContainers"]) {
    const old = itemsAt(before, field);
    if (Array.isArray(spec[field])) {
      munged[field] = itemsAt(spec, field).map((container, i) => ({
        ...container,
        image: old[i]?.image ?? null,
      }));
    }
  }
  for (const field of ["activeDeadlineSeconds", "schedulingGates", "tolerations"]) {
    munged[field] = before[field] ?? null;
  }
  const old: JsonValue | undefined = before.terminationGracePeriodSeconds;
  if (!isNil(old) && numberAt(before, "terminationGracePeriodSeconds") < 0) {
    if (spec.terminationGracePeriodSeconds === 1) munged.terminationGracePeriodSeconds = old;
  }
  return munged;
}
