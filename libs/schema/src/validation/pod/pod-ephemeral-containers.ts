/** Upstream: pkg/apis/core/validation/validation.go ValidatePodEphemeralContainersUpdate @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, objectAt, textAt } from "../../json-fields.ts";
import { Path, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { isMirrorPod } from "./pod-annotations.ts";
import { describeChanges } from "./spec-changes.ts";

/** They may be added, neither changed nor removed. */
export function validatePodEphemeralContainers(
  pod: JsonObject,
  old: JsonObject,
  problems: Problems,
): void {
  if (isMirrorPod(old)) {
    problems.forbidden(Path.of(""), "static pods do not support ephemeral containers");
    return;
  }
  const at = SPEC.child("ephemeralContainers");
  const containers = itemsAt(objectAt(pod, "spec"), "ephemeralContainers");
  for (const before of itemsAt(objectAt(old, "spec"), "ephemeralContainers")) {
    const name = textAt(before, "name");
    const now = containers.find((container) => textAt(container, "name") === name);
    const which = `existing ephemeral containers ${JSON.stringify(name)}`;
    if (now === undefined) problems.forbidden(at, `${which} may not be removed\n`);
    else if (!semanticEqual(now, before)) {
      problems.forbidden(at, `${which} may not be changed\n${describeChanges(before, now)}`);
    }
  }
}
