import { isDeepStrictEqual } from "node:util";
import { forbiddenByAdmission } from "../../forbidden-by-admission.ts";
import { isNode } from "../../object-kinds.ts";
import type { NodeRequest } from "./node-restriction.ts";

type Labels = Readonly<Record<string, string>>;

/** Labels of Kubernetes' own name spaces that a kubelet may set. Upstream: staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go @1.36 */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "node.kubernetes.io/windows-build",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);
const KUBELET_LABEL_NAMESPACES = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const RESTRICTED_NAMESPACE = "node-restriction.kubernetes.io";

export function admitNode({ request, nodeName }: NodeRequest): void {
  const { object: node, oldObject: old, operation } = request;
  const quotedName = JSON.stringify(nodeName);
  const refuse = (why: string) => forbiddenByAdmission(request, why);
  const requested = request.name || node?.metadata.name || "";
  if (requested !== nodeName) {
    throw refuse(`node ${quotedName} is not allowed to modify node ${JSON.stringify(requested)}`);
  }
  if (operation === "CREATE") {
    if (!isNode(node)) throw refuse("unexpected type");
    if (node.spec?.configSource !== undefined) {
      throw refuse(`node ${quotedName} is not allowed to create pods with a non-nil configSource`);
    }
    const forbidden = forbiddenLabels(node.metadata.labels, {});
    if (forbidden.length > 0) {
      throw refuse(
        `node ${quotedName} is not allowed to set the following labels: ${forbidden.join(", ")}`,
      );
    }
  }
  if (operation === "UPDATE") {
    if (!isNode(node) || !isNode(old)) throw refuse("unexpected type");
    const { configSource } = node.spec ?? {};
    if (configSource !== undefined && !same(configSource, old.spec?.configSource)) {
      throw refuse(
        `node ${quotedName} is not allowed to update configSource to a new non-nil configSource`,
      );
    }
    if (!same(node.spec?.taints ?? [], old.spec?.taints ?? [])) {
      throw refuse(`node ${quotedName} is not allowed to modify taints`);
    }
    if (!same(node.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? [])) {
      throw refuse(`node ${quotedName} is not allowed to modify ownerReferences`);
    }
    const forbidden = forbiddenLabels(node.metadata.labels, old.metadata.labels);
    if (forbidden.length > 0) {
      throw refuse(`is not allowed to modify labels: ${forbidden.join(", ")}`);
    }
  }
}

function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** Labels that differ and that a kubelet may not touch, sorted. */
function forbiddenLabels(labels: Labels = {}, old: Labels = {}): string[] {
  const keys = new Set([...Object.keys(labels), ...Object.keys(old)]);
  return [...keys]
    .filter((key) => labelOf(labels, key) !== labelOf(old, key) && isForbidden(key))
    .sort();
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function isForbidden(label: string): boolean {
  const slash = label.indexOf("/");
  const namespace = slash < 0 ? "" : label.slice(0, slash);
  if (isIn(namespace, RESTRICTED_NAMESPACE)) return true;
  const isKubernetes = isIn(namespace, "kubernetes.io") || isIn(namespace, "k8s.io");
  if (!isKubernetes || KUBELET_LABELS.has(label)) return false;
  return !KUBELET_LABEL_NAMESPACES.some((allowed) => isIn(namespace, allowed));
}

function isIn(namespace: string, domain: string): boolean {
  return namespace === domain || namespace.endsWith(`.${domain}`);
}
