/** Upstream: pkg/apis/core/v1/defaults.go @1.36 */
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
import { cloneJson, setOwn } from "../../plain-object.ts";

const NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name";
const CLIENT_IP_TIMEOUT_SECONDS = 10_800;

/** Without a name (generateName) the create strategy sets the label once the name is made. */
export function namespaceDefaults(namespace: JsonObject): void {
  const metadata = objectAt(namespace, "metadata");
  const name = textAt(metadata, "name");
  if (metadata === undefined || name === "") return;
  setOwn(madeAt(metadata, "labels"), NAMESPACE_NAME_LABEL, name);
}

export function nodeStatusDefaults(status: JsonObject): void {
  const capacity = objectAt(status, "capacity");
  if (isZero(status.allocatable) && capacity !== undefined)
    status.allocatable = cloneJson(capacity);
}

export function serviceDefaults(service: JsonObject): void {
  const spec = objectAt(service, "spec");
  if (spec === undefined) return;
  sessionAffinity(spec);
  for (const port of itemsAt(spec, "ports")) {
    setIfZero(port, "protocol", "TCP");
    const number = port.port;
    if (isZero(port.targetPort) && number !== undefined) port.targetPort = number;
  }
  const type = textAt(spec, "type");
  const reachable = type === "NodePort" || type === "LoadBalancer";
  if (reachable || (type === "ClusterIP" && !isZero(spec.externalIPs))) {
    setIfZero(spec, "externalTrafficPolicy", "Cluster");
  }
  if (reachable || type === "ClusterIP") setIfNil(spec, "internalTrafficPolicy", "Cluster");
  if (type !== "LoadBalancer") return;
  setIfNil(spec, "allocateLoadBalancerNodePorts", true);
  for (const ingress of itemsAt(objectAt(objectAt(service, "status"), "loadBalancer"), "ingress")) {
    if (!isZero(ingress.ip)) setIfNil(ingress, "ipMode", "VIP");
  }
}

function sessionAffinity(spec: JsonObject): void {
  if (spec.sessionAffinity === "None") {
    if (spec.sessionAffinityConfig !== undefined) delete spec.sessionAffinityConfig;
    return;
  }
  if (spec.sessionAffinity !== "ClientIP") return;
  const clientIP = objectAt(objectAt(spec, "sessionAffinityConfig"), "clientIP");
  if (isNil(clientIP?.timeoutSeconds)) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: CLIENT_IP_TIMEOUT_SECONDS } };
  }
}

export function endpointsDefaults(endpoints: JsonObject): void {
  for (const subset of itemsAt(endpoints, "subsets")) {
    for (const port of itemsAt(subset, "ports")) setIfZero(port, "protocol", "TCP");
  }
}

export function replicationControllerDefaults(controller: JsonObject): void {
  const spec = objectAt(controller, "spec");
  const metadata = objectAt(controller, "metadata");
  const labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
  if (spec === undefined || labels === undefined) return;
  if (isZero(spec.selector)) spec.selector = cloneJson(labels);
  if (metadata !== undefined && isZero(metadata.labels)) metadata.labels = cloneJson(labels);
}
