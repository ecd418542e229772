/** Upstream: pkg/apis/core/validation/validation.go ValidatePodTemplateSpec @1.36 */
import type { JsonObject } from "@kubets/api";
import { isZero, objectAt } from "../../json-fields.ts";
import { validateAnnotations, validateLabels } from "../object-meta.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validatePodAnnotations, validateSeccompAnnotations } from "./pod-annotations.ts";
import { validatePodSpec } from "./pod-spec.ts";

/** Upstream reports labels and annotations without "metadata" before them. */
export function validatePodTemplate(template: JsonObject, at: Path, problems: Problems): void {
  const metadata = objectAt(template, "metadata");
  const spec = objectAt(template, "spec") ?? {};
  const labels = objectAt(metadata, "labels");
  if (labels !== undefined) validateLabels(labels, at.child("labels"), problems);
  const annotations = objectAt(metadata, "annotations");
  if (annotations !== undefined)
    validateAnnotations(annotations, at.child("annotations"), problems);
  validatePodAnnotations(metadata, spec, at.child("annotations"), problems);
  validatePodSpec(spec, at.child("spec"), { isPod: false, podName: "", problems });
  validateSeccompAnnotations(metadata, spec, at.child("spec"), problems);
  if (!isZero(spec.ephemeralContainers)) {
    const detail = "ephemeral containers not allowed in pod template";
    problems.forbidden(at.child("spec").child("ephemeralContainers"), detail);
  }
}
