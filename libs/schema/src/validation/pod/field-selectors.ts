/**
 * References to fields of the pod itself, in variables and in downward API volumes.
 *
 * Upstream: pkg/apis/core/validation/validation.go validateObjectFieldSelector,
 * validateContainerResourceFieldSelector; pkg/fieldpath/fieldpath.go @1.36
 */
import type { JsonObject } from "@kubets/api";
import { isZero, textAt } from "../../json-fields.ts";
import { qualifiedName } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { nanosOf } from "../resource-names.ts";

export const ENV_FIELD_PATHS: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
export const VOLUME_FIELD_PATHS: readonly string[] = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];
/** What a label of the downward API can name at all, before it is said where. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...ENV_FIELD_PATHS,
  ...VOLUME_FIELD_PATHS,
  "spec.restartPolicy",
  "spec.schedulerName",
  "spec.hostNetwork",
  "status.phase",
  "status.nominatedNodeName",
]);
const RESOURCES: readonly string[] = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const SIZES = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
const SUBSCRIPT = /^([^[\]]*)\['([^']*)'\]$/;

export function validateFieldRef(
  ref: JsonObject,
  options: { readonly allowed: readonly string[]; readonly at: Path; readonly problems: Problems },
): void {
  const { allowed, at, problems } = options;
  const apiVersion = textAt(ref, "apiVersion");
  const fieldPath = textAt(ref, "fieldPath");
  if (apiVersion === "") {
    problems.required(at.child("apiVersion"));
    return;
  }
  if (fieldPath === "") {
    problems.required(at.child("fieldPath"));
    return;
  }
  const subscripted = SUBSCRIPT.exec(fieldPath);
  const path = subscripted?.[1] ?? fieldPath;
  if (apiVersion !== "v1" || !KNOWN_FIELDS.has(path)) {
    const why =
      apiVersion === "v1"
        ? `field label not supported: ${fieldPath}`
        : `unsupported pod version: ${apiVersion}`;
    problems.invalid(at.child("fieldPath"), fieldPath, `error converting fieldPath: ${why}`);
    return;
  }
  const key = subscripted?.[2];
  if (key === undefined) {
    if (!allowed.includes(path)) problems.notSupported(at.child("fieldPath"), path, allowed);
  } else if (path === "metadata.annotations") {
    problems.invalidEach(at, key.toLowerCase(), qualifiedName(key.toLowerCase()));
  } else if (path === "metadata.labels") {
    problems.invalidEach(at, key, qualifiedName(key));
  } else {
    problems.invalid(at, path, "does not support subscript");
  }
}

export function validateResourceFieldRef(
  ref: JsonObject,
  options: { readonly inVolume: boolean; readonly at: Path; readonly problems: Problems },
): void {
  const { at, problems } = options;
  const resource = textAt(ref, "resource");
  const isHugePages =
    resource.startsWith("limits.hugepages-") || resource.startsWith("requests.hugepages-");
  if (options.inVolume && textAt(ref, "containerName") === "")
    problems.required(at.child("containerName"));
  else if (resource === "") problems.required(at.child("resource"));
  else if (!RESOURCES.includes(resource) && !isHugePages) {
    problems.notSupported(at.child("resource"), resource, RESOURCES);
  }
  if (isZero(ref.divisor) || nanosOf(ref.divisor) === 0n) return;
  const divisor = String(ref.divisor);
  const name = isHugePages ? "hugepages" : resource.slice(resource.indexOf(".") + 1);
  if (name === "cpu") {
    if (divisor !== "1m" && divisor !== "1") {
      const detail = "only divisor's values 1m and 1 are supported with the cpu resource";
      problems.invalid(at.child("divisor"), resource, detail);
    }
  } else if (Object.hasOwn(DIVISOR_RESOURCES, name) && !SIZES.includes(divisor)) {
    const detail = `only divisor's values ${SIZES.join(", ")} are supported with the ${DIVISOR_RESOURCES[name]} resource`;
    problems.invalid(at.child("divisor"), resource, detail);
  }
}

const DIVISOR_RESOURCES: Readonly<Record<string, string>> = {
  memory: "memory",
  "ephemeral-storage": "local ephemeral storage",
  hugepages: "hugepages",
};
