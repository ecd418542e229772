/**
 * The form of metadata.name by kind; what is not listed needs no more than to be a path segment.
 *
 * Upstream: the ValidateXName functions of pkg/apis/GROUP/validation @1.36
 */
import { dns1123Label, dns1123Subdomain, type Format, pathSegment } from "./formats.ts";
import { strictIp } from "./strict-ip.ts";

const LABEL_KINDS: ReadonlySet<string> = new Set([
  "v1.Namespace",
  "v1.Service",
  "apps/v1.StatefulSet",
]);

const PATH_SEGMENT_KINDS: ReadonlySet<string> = new Set([
  "v1.Event",
  "policy/v1.PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1.Role",
  "rbac.authorization.k8s.io/v1.ClusterRole",
  "rbac.authorization.k8s.io/v1.RoleBinding",
  "rbac.authorization.k8s.io/v1.ClusterRoleBinding",
  "certificates.k8s.io/v1.CertificateSigningRequest",
  "apiregistration.k8s.io/v1.APIService",
]);

const SUBDOMAIN_GROUPS: ReadonlySet<string> = new Set([
  "v1",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

const ADDRESS_KINDS: ReadonlySet<string> = new Set([
  "networking.k8s.io/v1.IPAddress",
  "networking.k8s.io/v1beta1.IPAddress",
]);

/** `apiVersion` and `kind` as they stand in the object. */
export function nameFormat(apiVersion: string, kind: string): Format {
  const key = `${apiVersion}.${kind}`;
  if (LABEL_KINDS.has(key)) return dns1123Label;
  if (ADDRESS_KINDS.has(key)) return strictIp;
  if (PATH_SEGMENT_KINDS.has(key)) return pathSegment;
  const [group = ""] = apiVersion.split("/");
  return SUBDOMAIN_GROUPS.has(group) ? dns1123Subdomain : pathSegment;
}
