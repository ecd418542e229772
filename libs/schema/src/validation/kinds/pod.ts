/** Upstream: pkg/apis/core/validation/validation.go ValidatePodCreate @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, itemsAt, objectAt, textAt } from "../../json-fields.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { METADATA, SPEC } from "../path.ts";
import { validateImageSpace } from "../pod/containers.ts";
import {
  validateAnnotationUpdates,
  validatePodAnnotations,
  validateSeccompAnnotations,
} from "../pod/pod-annotations.ts";
import { validatePodEphemeralContainers } from "../pod/pod-ephemeral-containers.ts";
import { validatePodResize } from "../pod/pod-resize.ts";
import { validatePodSpec } from "../pod/pod-spec.ts";
import { validatePodStatusUpdate } from "../pod/pod-status.ts";
import { validatePodSpecUpdate } from "../pod/pod-update.ts";
import type { Problems } from "../problems.ts";
import { namespacedSubdomain } from "./meta-rules.ts";

const ANNOTATIONS = METADATA.child("annotations");

export const podRules: KindRules = {
  create(pod, problems) {
    validatePod(pod, problems);
    const spec = objectAt(pod, "spec");
    if (spec === undefined) return;
    if (!isZero(spec.ephemeralContainers)) {
      problems.forbidden(SPEC.child("ephemeralContainers"), "cannot be set on create");
    }
    if (textAt(spec, "nodeName") !== "" && !isZero(spec.schedulingGates)) {
      const detail = "cannot be set until all schedulingGates have been cleared";
      problems.forbidden(SPEC.child("nodeName"), detail);
    }
    validateSeccompAnnotations(objectAt(pod, "metadata"), spec, SPEC, problems);
  },
  update(pod, old, problems) {
    validatePodAgain(pod, old, problems);
    validatePodSpecUpdate(pod, old, problems);
  },
  subresources: {
    status: validatePodStatusUpdate,
    ephemeralcontainers(pod, old, problems) {
      validatePodAgain(pod, old, problems);
      validatePodEphemeralContainers(pod, old, problems);
    },
    resize(pod, old, problems) {
      validatePodAgain(pod, old, problems);
      validatePodResize(pod, old, problems);
    },
  },
};

/** What holds for a pod at any time. */
function validatePod(pod: JsonObject, problems: Problems): void {
  const metadata = objectAt(pod, "metadata");
  const spec = objectAt(pod, "spec") ?? {};
  validatePodAnnotations(metadata, spec, ANNOTATIONS, problems);
  validatePodSpec(spec, SPEC, { isPod: true, podName: textAt(metadata, "name"), problems });
  if (textAt(spec, "serviceAccountName") === "") validateNoTokens(spec, problems);
  for (const field of ["containers", "initContainers"]) {
    itemsAt(spec, field).forEach((container, i) => {
      validateImageSpace(container, SPEC.child(field).index(i), problems);
    });
  }
}

function validatePodAgain(pod: JsonObject, old: JsonObject, problems: Problems): void {
  validateObjectMeta(pod, namespacedSubdomain, problems);
  validatePod(pod, problems);
  validateAnnotationUpdates(pod, old, ANNOTATIONS, problems);
}

/** Without an account there is nobody a token could be for. */
function validateNoTokens(spec: JsonObject, problems: Problems): void {
  itemsAt(spec, "volumes").forEach((volume, v) => {
    itemsAt(objectAt(volume, "projected"), "sources").forEach((source, s) => {
      if (objectAt(source, "serviceAccountToken") === undefined) return;
      const at = SPEC.child("volumes").index(v).child("projected").child("sources").index(s);
      const detail = "must not be specified when serviceAccountName is not set";
      problems.forbidden(at.child("serviceAccountToken"), detail);
    });
  });
}
