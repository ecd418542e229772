/** Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/errors.go @1.36 */
import { notAcceptable, type StatusError, unsupportedMediaType } from "@kubets/api";

export const JSON_TYPE = "application/json";
export const YAML_TYPE = "application/yaml";
export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";

export const bodyTypes = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE] as const;

export const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;

/** The type without its parameters, in lower case. */
export function bareMediaType(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

export function refuseBodyType(accepted: readonly string[]): StatusError {
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );
}

export function refuseAnswerType(accepted: readonly string[]): StatusError {
  return notAcceptable(`only the following media types are accepted: ${accepted.join(", ")}`);
}
