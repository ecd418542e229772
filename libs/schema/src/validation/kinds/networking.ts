/** Upstream: pkg/apis/networking/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  entryOf,
  isNil,
  isZero,
  itemsAt,
  maybeTextAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import { dns1123Subdomain, wildcardSubdomain } from "../formats.ts";
import { parseIp } from "../ip-address.ts";
import { Path, SPEC, STATUS } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";
import { networkPolicyRules } from "./network-policy.ts";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const NOT_IN_PATHS: readonly string[] = ["//", "/./", "/../", "%2f", "%2F"];
const NOT_AT_END: readonly string[] = ["/..", "/."];

function validateIngress(ingress: JsonObject, problems: Problems): void {
  const spec = objectAt(ingress, "spec") ?? {};
  const backend = objectAt(spec, "defaultBackend");
  if (isZero(spec.rules) && backend === undefined) {
    const detail = "either `defaultBackend` or `rules` must be specified";
    problems.invalid(SPEC, spec.rules ?? null, detail);
  }
  if (backend !== undefined) validateBackend(backend, SPEC.child("defaultBackend"), problems);
  itemsAt(spec, "rules").forEach((rule, i) => {
    const at = SPEC.child("rules").index(i);
    validateHost(textAt(rule, "host"), at.child("host"), problems);
    itemsAt(objectAt(rule, "http"), "paths").forEach((path, j) => {
      validatePath(path, at.child("http").child("paths").index(j), problems);
    });
  });
}

function validateHost(host: string, at: Path, problems: Problems): void {
  if (host === "") return;
  if (parseIp(host) !== undefined) {
    problems.invalid(at, host, "must be a DNS name, not an IP address");
  }
  const wrong = host.includes("*") ? wildcardSubdomain(host) : dns1123Subdomain(host);
  problems.invalidEach(at, host, wrong);
}

function validatePath(path: JsonObject, at: Path, problems: Problems): void {
  const type = textAt(path, "pathType");
  const text = textAt(path, "path");
  const here = at.child("path");
  if (type === "") return;
  const isMatched = type === "Exact" || type === "Prefix";
  if (!text.startsWith("/") && (isMatched || (type === "ImplementationSpecific" && text !== ""))) {
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
  const hasResource = !isNil(backend.resource);
  if (hasResource && service !== undefined) {
    problems.invalid(at, "", "cannot set both resource and service backends");
  } else if (service !== undefined) {
    const port = objectAt(service, "port");
    const hasName = !isZero(port?.name);
    const hasNumber = !isZero(port?.number);
    if (hasName && hasNumber) problems.invalid(at, "", "cannot set both port name & port number");
    else if (!hasName && !hasNumber) problems.required(at, "port name or number is required");
  } else if (!hasResource) {
    problems.invalid(at, "", "resource or service backend is required");
  }
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

function validateIngressStatus(ingress: JsonObject, _old: JsonObject, problems: Problems): void {
  const balancer = objectAt(objectAt(ingress, "status"), "loadBalancer");
  itemsAt(balancer, "ingress").forEach((point, i) => {
    const at = STATUS.child("loadBalancer").child("ingress").index(i).child("hostname");
    const host = textAt(point, "hostname");
    if (host === "") return;
    problems.invalidEach(at, host, dns1123Subdomain(host));
    if (parseIp(host) !== undefined) {
      problems.invalid(at, host, "must be a DNS name, not an IP address");
    }
  });
}

export const NETWORKING_RULES: readonly KindEntry[] = [
  kindFromTable("networking.k8s.io/v1.Ingress", {
    create: validateIngress,
    onlyCreate: validateClassAnnotation,
    subresources: { status: validateIngressStatus },
  }),
  kindFromTable("networking.k8s.io/v1.IngressClass"),
  ["networking.k8s.io/v1.NetworkPolicy", networkPolicyRules],
];
