/** Upstream: pkg/apis/core/validation/validation.go ValidatePodResize @1.36 */
import { type JsonObject, QuantityError, qosClass } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { itemsAt, objectAt } from "../../json-fields.ts";
import { Path, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { isMirrorPod } from "./pod-annotations.ts";

const RESIZABLE = ["cpu", "memory"] as const;
const WHOLE = Path.of("");

export function validatePodResize(pod: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(pod, "spec") ?? {};
  const before = objectAt(old, "spec") ?? {};
  if (isMirrorPod(old)) {
    problems.forbidden(WHOLE, "static pods cannot be resized");
    return;
  }
  if (objectAt(before, "os")?.name === "windows") {
    problems.forbidden(WHOLE, "windows pods cannot be resized");
    return;
  }
  validateQos(pod, old, problems);
  const munged: JsonObject = { ...spec };
  for (const field of ["initContainers", "containers"]) {
    const oldContainers = itemsAt(before, field);
    const containers = itemsAt(spec, field);
    if (containers.length === 0) continue;
    munged[field] = containers.map((container, i) => {
      const oldContainer = oldContainers[i] ?? {};
      const mayResize = field === "containers" || container.restartPolicy === "Always";
      if (!mayResize) return container;
      validateNothingRemoved(
        container,
        oldContainer,
        SPEC.child(field).index(i).child("resources"),
        problems,
      );
      return withResizableOf(oldContainer, container);
    });
  }
  if (objectAt(spec, "resources") !== undefined) {
    Object.assign(munged, withResizableOf(before, munged));
  }
  if (!semanticEqual(munged, before))
    problems.forbidden(SPEC, "only cpu and memory resources are mutable");
}

function validateQos(pod: JsonObject, old: JsonObject, problems: Problems): void {
  // What is no quantity, which decoding refuses, counts for nothing.
  const classOf = (object: JsonObject) => {
    try {
      return qosClass(object as unknown as Pod);
    } catch (error) {
      if (error instanceof QuantityError) return undefined;
      throw error;
    }
  };
  if (classOf(pod) === classOf(old)) return;
  const current = objectAt(pod, "status")?.qosClass ?? "";
  problems.invalid(SPEC, current, "Pod QOS Class may not change as a result of resizing");
}

function validateNothingRemoved(
  container: JsonObject,
  old: JsonObject,
  at: Path,
  problems: Problems,
): void {
  for (const field of ["requests", "limits"] as const) {
    const now = objectAt(objectAt(container, "resources"), field) ?? {};
    const before = objectAt(objectAt(old, "resources"), field) ?? {};
    if (Object.keys(before).some((name) => !Object.hasOwn(now, name))) {
      const what = field === "requests" ? "resource requests" : "resource limits";
      problems.forbidden(at.child(field), `${what} cannot be removed`);
    }
  }
}

/** The holder with cpu and memory put back to what they were, so that only other changes show. */
function withResizableOf(old: JsonObject, holder: JsonObject): JsonObject {
  const resources: JsonObject = { ...objectAt(holder, "resources") };
  const before = objectAt(old, "resources");
  for (const field of ["requests", "limits"]) {
    const list: JsonObject = { ...objectAt(resources, field) };
    const oldList = objectAt(before, field) ?? {};
    for (const name of RESIZABLE) {
      delete list[name];
      const amount = oldList[name];
      if (amount !== undefined) list[name] = amount;
    }
    if (Object.keys(list).length > 0) resources[field] = list;
    else delete resources[field];
  }
  return { ...holder, resources, resizePolicy: old.resizePolicy ?? null };
}
