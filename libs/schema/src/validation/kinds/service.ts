/** Upstream: pkg/apis/core/validation/validation.go ValidateService, ValidateServiceUpdate @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  entryOf,
  isNil,
  isZero,
  itemsAt,
  maybeNumberAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
  textsAt,
} from "../../json-fields.ts";
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from "../formats.ts";
import { parseIp, validateCidr, validateIp, validateNonSpecialIp } from "../ip-address.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateLabels } from "../object-meta.ts";
import { METADATA, Path, SPEC, STATUS } from "../path.ts";
import { validatePortNumberOrName, validateProtocol } from "../pod/ports.ts";
import type { Problems } from "../problems.ts";
import { validateServiceAddresses, validateServiceAddressUpdate } from "./service-addresses.ts";

const TYPES: readonly string[] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const AFFINITIES: readonly string[] = ["ClientIP", "None"];
const POLICIES: readonly string[] = ["Cluster", "Local"];
const DISTRIBUTIONS: readonly string[] = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const AFFINITY_SECONDS_MAX = 86_400;
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

export const serviceRules: KindRules = {
  create: validateService,
  update(service, old, problems) {
    validateServiceAddressUpdate(service, old, problems);
    validateClassUpdate(service, old, problems);
    if (needsHealthCheck(service) && needsHealthCheck(old)) {
      const portOf = (of: JsonObject): number =>
        numberAt(objectAt(of, "spec"), "healthCheckNodePort");
      if (portOf(service) !== portOf(old)) {
        problems.forbidden(SPEC.child("healthCheckNodePort"), "field is immutable");
      }
    }
    validateService(service, problems);
  },
  subresources: { status: validateStatus },
};

function isHeadless(spec: JsonObject): boolean {
  const [first] = textsAt(spec, "clusterIPs");
  return (first ?? textAt(spec, "clusterIP")) === "None";
}

function isExternallyAccessible(spec: JsonObject): boolean {
  const type = textAt(spec, "type");
  return (
    type === "LoadBalancer" ||
    type === "NodePort" ||
    (type === "ClusterIP" && !isZero(spec.externalIPs))
  );
}

function needsHealthCheck(service: JsonObject): boolean {
  const spec = objectAt(service, "spec");
  return spec?.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

function validateService(service: JsonObject, problems: Problems): void {
  const spec = objectAt(service, "spec") ?? {};
  const type = textAt(spec, "type");
  if (isZero(spec.ports) && !isHeadless(spec) && type !== "ExternalName")
    problems.required(SPEC.child("ports"));
  if (isHeadless(spec) && (type === "LoadBalancer" || type === "NodePort")) {
    const at = SPEC.child("clusterIPs").index(0);
    problems.invalid(at, "None", `may not be set to 'None' for ${type} services`);
  }
  if (type === "ExternalName") validateExternalName(spec, problems);
  validatePorts(spec, problems);
  const selector = objectAt(spec, "selector");
  if (selector !== undefined) validateLabels(selector, SPEC.child("selector"), problems);
  validateAffinity(spec, problems);
  validateServiceAddresses(spec, problems);
  textsAt(spec, "externalIPs").forEach((ip, i) => {
    const at = SPEC.child("externalIPs").index(i);
    if (validateIp(ip, at, problems) !== undefined) validateNonSpecialIp(ip, at, problems);
  });
  if (type === "") problems.required(SPEC.child("type"));
  else if (!TYPES.includes(type)) problems.notSupported(SPEC.child("type"), type, TYPES);
  validatePortUse(spec, type, problems);
  validateLoadBalancer(service, spec, problems);
  validateTrafficPolicies(service, spec, problems);
}

function validateExternalName(spec: JsonObject, problems: Problems): void {
  for (const field of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"]) {
    // An empty policy is one all the same.
    if (!isZero(spec[field]) || (field === "ipFamilyPolicy" && spec[field] === ""))
      problems.forbidden(SPEC.child(field), "may not be set for ExternalName services");
  }
  const name = textAt(spec, "externalName").replace(/\.$/, "");
  if (name === "") problems.required(SPEC.child("externalName"));
  else problems.invalidEach(SPEC.child("externalName"), name, dns1123Subdomain(name));
}

function validatePorts(spec: JsonObject, problems: Problems): void {
  const ports = itemsAt(spec, "ports");
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const at = SPEC.child("ports").index(i);
    const name = textAt(port, "name");
    if (name !== "") {
      problems.invalidEach(at.child("name"), name, dns1123Label(name));
      if (names.has(name)) problems.duplicate(at.child("name"), name);
      names.add(name);
    } else if (ports.length > 1) {
      problems.required(at.child("name"));
    }
    const number = numberAt(port, "port");
    problems.invalidEach(at.child("port"), number, portNumber(number));
    validateProtocol(textAt(port, "protocol"), at.child("protocol"), problems);
    validatePortNumberOrName(port.targetPort, at.child("targetPort"), problems);
    const appProtocol = maybeTextAt(port, "appProtocol");
    if (appProtocol !== undefined) {
      problems.invalidEach(at.child("appProtocol"), appProtocol, qualifiedName(appProtocol));
    }
  });
}

function validatePortUse(spec: JsonObject, type: string, problems: Problems): void {
  const nodePorts = new Set<string>();
  const taken = new Set<string>();
  itemsAt(spec, "ports").forEach((port, i) => {
    const at = SPEC.child("ports").index(i);
    const protocol = textAt(port, "protocol");
    const nodePort = numberAt(port, "nodePort");
    if (nodePort !== 0) {
      if (type === "ClusterIP") {
        problems.forbidden(at.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
      }
      const identity = `${protocol}/${nodePort}`;
      if (nodePorts.has(identity)) problems.duplicate(at.child("nodePort"), nodePort);
      nodePorts.add(identity);
    }
    const number = numberAt(port, "port");
    const identity = `${protocol}/${number}`;
    if (taken.has(identity)) problems.duplicate(at, shownPort(protocol, number));
    taken.add(identity);
  });
}

/** A port as Go writes its internal type. */
function shownPort(protocol: string, port: number): JsonObject {
  return {
    Name: "",
    Protocol: protocol,
    AppProtocol: null,
    Port: port,
    TargetPort: 0,
    NodePort: 0,
  };
}

function validateAffinity(spec: JsonObject, problems: Problems): void {
  const affinity = textAt(spec, "sessionAffinity");
  const at = SPEC.child("sessionAffinity");
  if (affinity === "") problems.required(at);
  else if (!AFFINITIES.includes(affinity)) problems.notSupported(at, affinity, AFFINITIES);
  const configAt = SPEC.child("sessionAffinityConfig");
  const config = objectAt(spec, "sessionAffinityConfig");
  if (affinity === "None" && config !== undefined) {
    problems.forbidden(configAt, "must not be set when session affinity is None");
  }
  if (affinity !== "ClientIP") return;
  const required = "when session affinity type is ClientIP";
  if (config === undefined) {
    problems.required(configAt, required);
    return;
  }
  const client = objectAt(config, "clientIP");
  if (client === undefined) {
    problems.required(configAt.child("clientIP"), required);
    return;
  }
  const seconds = maybeNumberAt(client, "timeoutSeconds");
  const secondsAt = configAt.child("clientIP").child("timeoutSeconds");
  if (seconds === undefined) {
    problems.required(secondsAt, required);
    return;
  }
  if (seconds <= 0 || seconds > AFFINITY_SECONDS_MAX) {
    problems.invalid(
      secondsAt,
      seconds,
      `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`,
    );
  }
}

function validateLoadBalancer(service: JsonObject, spec: JsonObject, problems: Problems): void {
  const isLoadBalancer = spec.type === "LoadBalancer";
  const ranges = textsAt(spec, "loadBalancerSourceRanges");
  const annotation = entryOf(objectAt(objectAt(service, "metadata"), "annotations"), SOURCE_RANGES);
  if (ranges.length > 0) {
    const at = SPEC.child("LoadBalancerSourceRanges");
    if (!isLoadBalancer) problems.forbidden(at, ONLY_LOAD_BALANCER);
    ranges.forEach((range, i) => {
      validateCidr(range.trim(), at.index(i), problems);
    });
  } else if (annotation !== undefined) {
    const at = METADATA.child("annotations").key(SOURCE_RANGES);
    if (!isLoadBalancer) problems.forbidden(at, ONLY_LOAD_BALANCER);
    if (annotation.trim() !== "") {
      for (const range of annotation.trim().split(",")) validateCidr(range.trim(), at, problems);
    }
  }
  const allocates = spec.allocateLoadBalancerNodePorts;
  if (!isLoadBalancer && !isNil(allocates)) {
    problems.forbidden(SPEC.child("allocateLoadBalancerNodePorts"), ONLY_LOAD_BALANCER);
  }
  if (isLoadBalancer && isNil(allocates))
    problems.required(Path.of("allocateLoadBalancerNodePorts"));
  validateClass(spec, problems);
}

function validateClass(spec: JsonObject, problems: Problems): void {
  const loadBalancerClass = maybeTextAt(spec, "loadBalancerClass");
  if (loadBalancerClass === undefined) return;
  const at = SPEC.child("loadBalancerClass");
  if (spec.type !== "LoadBalancer") problems.forbidden(at, ONLY_LOAD_BALANCER);
  else problems.invalidEach(at, loadBalancerClass, qualifiedName(loadBalancerClass));
}

function validateTrafficPolicies(service: JsonObject, spec: JsonObject, problems: Problems): void {
  const external = textAt(spec, "externalTrafficPolicy");
  const externalAt = SPEC.child("externalTrafficPolicy");
  if (!isExternallyAccessible(spec)) {
    if (external !== "")
      problems.invalid(externalAt, external, "may only be set for externally-accessible services");
  } else if (external === "") problems.required(externalAt);
  else if (!POLICIES.includes(external)) problems.notSupported(externalAt, external, POLICIES);
  const healthPort = numberAt(spec, "healthCheckNodePort");
  const healthAt = SPEC.child("healthCheckNodePort");
  if (!needsHealthCheck(service)) {
    if (healthPort !== 0) {
      const detail =
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
      problems.invalid(healthAt, healthPort, detail);
    }
  } else if (healthPort !== 0) {
    problems.invalidEach(healthAt, healthPort, portNumber(healthPort));
  }
  const internal = maybeTextAt(spec, "internalTrafficPolicy");
  const internalAt = SPEC.child("internalTrafficPolicy");
  if (internal === undefined) {
    if (spec.type !== "ExternalName" && TYPES.includes(textAt(spec, "type")))
      problems.required(internalAt);
  } else if (!POLICIES.includes(internal)) problems.notSupported(internalAt, internal, POLICIES);
  const distribution = maybeTextAt(spec, "trafficDistribution");
  if (distribution !== undefined && !DISTRIBUTIONS.includes(distribution)) {
    problems.notSupported(SPEC.child("trafficDistribution"), distribution, DISTRIBUTIONS);
  }
}

/** What a class must be is looked at here and again with the rest. */
function validateClassUpdate(service: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(service, "spec") ?? {};
  const before = objectAt(old, "spec");
  const now = maybeTextAt(spec, "loadBalancerClass");
  if (
    spec.type === "LoadBalancer" &&
    before?.type === "LoadBalancer" &&
    now !== maybeTextAt(before, "loadBalancerClass")
  ) {
    problems.invalid(SPEC.child("loadBalancerClass"), now ?? null, "may not change once set");
  }
  validateClass(spec, problems);
}

function validateStatus(service: JsonObject, _old: JsonObject, problems: Problems): void {
  const balancer = objectAt(objectAt(service, "status"), "loadBalancer");
  const at = STATUS.child("loadBalancer").child("ingress");
  const ingress = itemsAt(balancer, "ingress");
  if (ingress.length > 0 && objectAt(service, "spec")?.type !== "LoadBalancer") {
    problems.forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  ingress.forEach((entry, i) => {
    validateIngress(entry, at.index(i), problems);
  });
}

function validateIngress(entry: JsonObject, at: Path, problems: Problems): void {
  const ip = textAt(entry, "ip");
  const mode = maybeTextAt(entry, "ipMode");
  if (ip !== "") validateIp(ip, at.child("ip"), problems);
  if (ip !== "" && mode === undefined)
    problems.required(at.child("ipMode"), "must be specified when `ip` is set");
  if (ip === "" && mode !== undefined)
    problems.forbidden(at.child("ipMode"), "may not be specified when `ip` is not set");
  if (mode !== undefined && ip !== "" && mode !== "VIP" && mode !== "Proxy") {
    problems.notSupported(at.child("ipMode"), mode, ["Proxy", "VIP"]);
  }
  const hostname = textAt(entry, "hostname");
  if (hostname === "") return;
  problems.invalidEach(at.child("hostname"), hostname, dns1123Subdomain(hostname));
  if (parseIp(hostname) !== undefined) {
    problems.invalid(at.child("hostname"), hostname, "must be a DNS name, not an IP address");
  }
}
