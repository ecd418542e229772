/**
 * Upstream: pkg/apis/{networking,rbac,resource,storage}/VERSION/defaults.go,
 * staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go @1.36
 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  isZero,
  itemsAt,
  madeAt,
  objectAt,
  setIfNil,
  setIfZero,
  textAt,
} from "../../json-fields.ts";
import { isJsonObject } from "../../plain-object.ts";

const RBAC_GROUP = "rbac.authorization.k8s.io";

export function ingressClassDefaults(ingressClass: JsonObject): void {
  const parameters = objectAt(objectAt(ingressClass, "spec"), "parameters");
  if (parameters !== undefined) setIfNil(parameters, "scope", "Cluster");
}

export function networkPolicyDefaults(policy: JsonObject): void {
  const spec = objectAt(policy, "spec");
  if (spec === undefined || !isZero(spec.policyTypes)) return;
  spec.policyTypes = isZero(spec.egress) ? ["Ingress"] : ["Ingress", "Egress"];
}

export function subjectDefaults(subject: JsonObject): void {
  if (subject.kind === "User" || subject.kind === "Group")
    setIfZero(subject, "apiGroup", RBAC_GROUP);
}

/** How many devices: one, where an exact count is asked for. */
export function deviceCountDefaults(request: JsonObject): void {
  if (request.allocationMode === "ExactCount") setIfZero(request, "count", 1);
}

/** The older form carries alternatives in the same message; only the plain one has a class of its own. */
export function deviceRequestDefaults(request: JsonObject): void {
  if (isZero(request.deviceClassName)) return;
  setIfZero(request, "allocationMode", "ExactCount");
  deviceCountDefaults(request);
}

export function deviceDefaults(device: JsonObject): void {
  const mappings = objectAt(device, "nodeAllocatableResourceMappings");
  for (const name in mappings) {
    const mapping = mappings[name];
    if (isJsonObject(mapping)) setIfNil(mapping, "allocationMultiplier", "1");
  }
}

export function csiDriverDefaults(driver: JsonObject): void {
  const spec = objectAt(driver, "spec");
  if (spec !== undefined) setIfNil(spec, "seLinuxMount", false);
}

export function customResourceDefinitionDefaults(definition: JsonObject): void {
  const spec = objectAt(definition, "spec");
  const names = objectAt(spec, "names");
  if (spec === undefined || names === undefined) return;
  const kind = textAt(names, "kind");
  setIfZero(names, "singular", kind.toLowerCase());
  if (kind !== "") setIfZero(names, "listKind", `${kind}List`);
  const status = madeAt(definition, "status");
  if (!isNil(status.storedVersions) && !isZero(status.storedVersions)) return;
  for (const version of itemsAt(spec, "versions")) {
    if (version.storage === true) status.storedVersions = [textAt(version, "name")];
  }
}
