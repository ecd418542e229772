import { forbidden, type StatusError } from "@kubets/api";
import type { AdmissionRequest } from "./plugin.ts";

/**
 * A plugin's 403. On a create the name may not be made yet.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/admission/errors.go NewForbidden @1.36
 */
export function forbiddenByAdmission(request: AdmissionRequest, why: string): StatusError {
  const { name, object, resource } = request;
  const known = name || object?.metadata.name || object?.metadata.generateName || "Unknown";
  return forbidden(resource, known, why);
}
