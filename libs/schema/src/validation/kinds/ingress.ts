/** Upstream: pkg/apis/networking/validation/validation.go ValidateIngressSpec @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  entryOf,
  isNil,
  isZero,
  itemsAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
  textsAt,
} from "../../json-fields.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  pathSegment,
  portName,
  portNumber,
  wildcardSubdomain,
} from "../formats.ts";
import { parseIp, validateIp } from "../ip-address.ts";
import type { KindRules } from "../kind-rules.ts";
import { Path, SPEC, STATUS } from "../path.ts";
import { Problems } from "../problems.ts";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const PATH_TYPES: readonly string[] = ["Exact", "ImplementationSpecific", "Prefix"];
const NOT_IN_PATHS: readonly string[] = ["//", "/./", "/../", "%2f", "%2F"];
const NOT_AT_END: readonly string[] = ["/..", "/."];
const NOT_AN_IP = "must be a DNS name, not an IP address";

/** What was wrong with the old object may stay wrong. */
interface Tolerated {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

function validateIngress(ingress: JsonObject, tolerated: Tolerated, problems: Problems): void {
  const spec = objectAt(ingress, "spec") ?? {};
  const backend = objectAt(spec, "defaultBackend");
  if (isZero(spec.rules) && backend === undefined) {
    const detail = "either `defaultBackend` or `rules` must be specified";
    problems.invalid(SPEC, spec.rules ?? null, detail);
  }
  if (backend !== undefined) validateBackend(backend, SPEC.child("defaultBackend"), problems);
  itemsAt(spec, "rules").forEach((rule, i) => {
    const at = SPEC.child("rules").index(i);
    const host = textAt(rule, "host");
    validateHost(host, at.child("host"), problems);
    if (!host.includes("*") || !tolerated.wildcardRules) validateRule(rule, at, problems);
  });
  itemsAt(spec, "tls").forEach((tls, i) => {
    validateTls(tls, SPEC.child("tls").index(i), tolerated, problems);
  });
  const name = maybeTextAt(spec, "ingressClassName");
  if (name !== undefined)
    problems.invalidEach(SPEC.child("ingressClassName"), name, dns1123Subdomain(name));
}

const hostFormat = (host: string): readonly string[] =>
  host.includes("*") ? wildcardSubdomain(host) : dns1123Subdomain(host);

function validateHost(host: string, at: Path, problems: Problems): void {
  if (host === "") return;
  if (parseIp(host) !== undefined) problems.invalid(at, host, NOT_AN_IP);
  problems.invalidEach(at, host, hostFormat(host));
}

function validateRule(rule: JsonObject, at: Path, problems: Problems): void {
  const http = objectAt(rule, "http");
  if (http === undefined) return;
  const paths = itemsAt(http, "paths");
  const here = at.child("http").child("paths");
  if (paths.length === 0) problems.required(here);
  paths.forEach((path, i) => {
    validatePath(path, here.index(i), problems);
  });
}

function validatePath(path: JsonObject, at: Path, problems: Problems): void {
  const type = maybeTextAt(path, "pathType");
  const text = textAt(path, "path");
  const here = at.child("path");
  if (type === undefined) {
    problems.required(at.child("pathType"), "pathType must be specified");
    return;
  }
  const isMatched = type === "Exact" || type === "Prefix";
  if (!PATH_TYPES.includes(type)) problems.notSupported(at.child("pathType"), type, PATH_TYPES);
  else if (!text.startsWith("/") && (isMatched || text !== "")) {
    problems.invalid(here, text, "must be an absolute path");
  }
  if (isMatched) {
    for (const part of NOT_IN_PATHS) {
      if (text.includes(part)) problems.invalid(here, text, `must not contain '${part}'`);
    }
    for (const end of NOT_AT_END) {
      if (text.endsWith(end)) problems.invalid(here, text, `cannot end with '${end}'`);
    }
  }
  validateBackend(objectAt(path, "backend") ?? {}, at.child("backend"), problems);
}

function validateBackend(backend: JsonObject, at: Path, problems: Problems): void {
  const service = objectAt(backend, "service");
  const resource = objectAt(backend, "resource");
  if (resource !== undefined && service !== undefined) {
    problems.invalid(at, "", "cannot set both resource and service backends");
  } else if (resource !== undefined) {
    validateResource(resource, at.child("resource"), problems);
  } else if (service !== undefined) validateService(service, at, problems);
  else problems.invalid(at, "", "resource or service backend is required");
}

function validateResource(resource: JsonObject, at: Path, problems: Problems): void {
  const group = maybeTextAt(resource, "apiGroup");
  if (group !== undefined)
    problems.invalidEach(at.child("apiGroup"), group, dns1123Subdomain(group));
  for (const field of ["kind", "name"]) {
    const text = textAt(resource, field);
    if (text === "") problems.required(at.child(field));
    else problems.invalidEach(at.child(field), text, pathSegment(text));
  }
}

function validateService(service: JsonObject, backendAt: Path, problems: Problems): void {
  const at = backendAt.child("service");
  const name = textAt(service, "name");
  if (name === "") problems.required(at.child("name"));
  else problems.invalidEach(at.child("name"), name, dns1123Label(name));
  const port = objectAt(service, "port");
  const byName = textAt(port, "name");
  const number = numberAt(port, "number");
  if (byName !== "" && number !== 0) {
    problems.invalid(backendAt, "", "cannot set both port name & port number");
  } else if (byName !== "") {
    problems.invalidEach(at.child("port").child("name"), byName, portName(byName));
  } else if (number !== 0) {
    problems.invalidEach(at.child("port").child("number"), number, portNumber(number));
  } else problems.required(backendAt, "port name or number is required");
}

function validateTls(tls: JsonObject, at: Path, tolerated: Tolerated, problems: Problems): void {
  textsAt(tls, "hosts").forEach((host, i) => {
    problems.invalidEach(at.child("hosts").index(i), host, hostFormat(host));
  });
  const secret = textAt(tls, "secretName");
  if (secret !== "" && !tolerated.secretNames)
    problems.invalidEach(at.child("secretName"), secret, dns1123Subdomain(secret));
}

function toleratedFor(old: JsonObject): Tolerated {
  const spec = objectAt(old, "spec");
  const isWrongName = (name: string) => name !== "" && dns1123Subdomain(name).length > 0;
  return {
    secretNames: itemsAt(spec, "tls").some((tls) => isWrongName(textAt(tls, "secretName"))),
    wildcardRules: itemsAt(spec, "rules").some((rule) => {
      if (!textAt(rule, "host").includes("*") || isNil(rule.http)) return false;
      const found = new Problems();
      validateRule(rule, SPEC, found);
      return found.causes.length > 0;
    }),
  };
}

/** The annotation was the class before there was a field. */
function validateClassAnnotation(ingress: JsonObject, problems: Problems): void {
  const annotations = objectAt(objectAt(ingress, "metadata"), "annotations");
  const annotation = entryOf(annotations, CLASS_ANNOTATION);
  const name = maybeTextAt(objectAt(ingress, "spec"), "ingressClassName");
  if (annotation === undefined || name === undefined || annotation === name) return;
  const detail = "must match `ingressClassName` when both are specified";
  problems.invalid(Path.of("annotations").child(CLASS_ANNOTATION), annotation, detail);
}

function validateIngressStatus(ingress: JsonObject, old: JsonObject, problems: Problems): void {
  const pointsOf = (object: JsonObject) =>
    itemsAt(objectAt(objectAt(object, "status"), "loadBalancer"), "ingress");
  const kept = new Set(pointsOf(old).map((point) => textAt(point, "ip")));
  pointsOf(ingress).forEach((point, i) => {
    const at = STATUS.child("loadBalancer").child("ingress").index(i);
    const ip = textAt(point, "ip");
    if (ip !== "" && !kept.has(ip)) validateIp(ip, at.child("ip"), problems);
    const host = textAt(point, "hostname");
    if (host === "") return;
    problems.invalidEach(at.child("hostname"), host, dns1123Subdomain(host));
    if (parseIp(host) !== undefined) problems.invalid(at.child("hostname"), host, NOT_AN_IP);
  });
}

export const ingressRules: KindRules = {
  create: (ingress, problems) =>
    validateIngress(ingress, { secretNames: false, wildcardRules: false }, problems),
  onlyCreate: validateClassAnnotation,
  update: (ingress, old, problems) => validateIngress(ingress, toleratedFor(old), problems),
  subresources: { status: validateIngressStatus },
};
