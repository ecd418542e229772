import { notFound } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { visitPodReferences } from "@kubets/authz";
import { nodes, pods } from "../../admission-reader.ts";
import { forbiddenByAdmission } from "../../forbidden-by-admission.ts";
import { isMirrorPod, isPod, MIRROR_POD_ANNOTATION } from "../../object-kinds.ts";
import type { AdmissionRequest } from "../../plugin.ts";
import type { NodeRequest } from "./node-restriction.ts";

export function admitPod(of: NodeRequest): Promise<void> | void {
  const { request } = of;
  switch (request.subresource) {
    case "":
      return admitPodItself(of);
    case "status":
      return admitPodStatus(of);
    case "eviction":
      return admitPodEviction(of);
    default:
      throw forbiddenByAdmission(
        request,
        `unexpected pod subresource ${JSON.stringify(request.subresource)}, only 'status' and 'eviction' are allowed`,
      );
  }
}

function admitPodItself(of: NodeRequest): Promise<void> | void {
  const { request, nodeName } = of;
  switch (request.operation) {
    case "CREATE":
      return admitMirrorPod(of);
    case "DELETE":
      return withPod(of, request.name, (pod) => {
        if (pod.spec?.nodeName === nodeName) return;
        throw forbiddenByAdmission(
          request,
          `node ${JSON.stringify(nodeName)} can only delete pods with spec.nodeName set to itself`,
        );
      });
    default:
      throw forbiddenByAdmission(
        request,
        `unexpected operation ${JSON.stringify(request.operation)}, node ${JSON.stringify(nodeName)} can only create and delete mirror pods`,
      );
  }
}

function admitMirrorPod(of: NodeRequest): Promise<void> | void {
  const { request, nodeName, reader } = of;
  const { object: pod } = request;
  const node = JSON.stringify(nodeName);
  if (!isPod(pod)) throw forbiddenByAdmission(request, "unexpected type");
  if (!isMirrorPod(pod)) {
    throw forbiddenByAdmission(
      request,
      `pod does not have ${JSON.stringify(MIRROR_POD_ANNOTATION)} annotation, node ${node} can only create mirror pods`,
    );
  }
  if (pod.spec?.nodeName !== nodeName) {
    throw forbiddenByAdmission(
      request,
      `node ${node} can only create pods with spec.nodeName set to itself`,
    );
  }
  const uid = checkOwner(request, nodeName, pod);
  const checkUid = (found: string | undefined) => {
    if (found === undefined) throw notFound({ group: "", resource: "nodes" }, nodeName);
    if (found !== uid) {
      throw forbiddenByAdmission(
        request,
        `node ${nodeName} UID mismatch: expected ${uid} got ${found}`,
      );
    }
    checkReferences(request, nodeName, pod);
  };
  const known = reader.peek(nodes, "", nodeName);
  if (known !== undefined) return checkUid(known.metadata.uid ?? "");
  return reader
    .read(nodes, "", nodeName)
    .then((found) => checkUid(found === undefined ? undefined : (found.metadata.uid ?? "")));
}

/** The one owner must be the node itself; returns the UID that the pod says it has. */
function checkOwner(request: AdmissionRequest, nodeName: string, pod: Pod): string {
  const node = JSON.stringify(nodeName);
  const refuse = (why: string) => forbiddenByAdmission(request, `node ${node} ${why}`);
  const [owner, ...others] = pod.metadata.ownerReferences ?? [];
  if (others.length > 0) {
    throw refuse("can only create pods with a single owner reference set to itself");
  }
  if (
    owner === undefined ||
    owner.apiVersion !== "v1" ||
    owner.kind !== "Node" ||
    owner.name !== nodeName
  ) {
    throw refuse("can only create pods with an owner reference set to itself");
  }
  if (owner.controller !== true) {
    throw refuse("can only create pods with a controller owner reference set to itself");
  }
  if (owner.blockOwnerDeletion === true) {
    throw refuse("must not set blockOwnerDeletion on an owner reference");
  }
  return owner.uid;
}

/** A mirror pod must not be a way to read other objects. */
function checkReferences(request: AdmissionRequest, nodeName: string, pod: Pod): void {
  const refuse = (what: string) =>
    forbiddenByAdmission(
      request,
      `node ${JSON.stringify(nodeName)} can not create pods that reference ${what}`,
    );
  const { spec } = pod;
  if ((spec?.serviceAccountName ?? "") !== "") throw refuse("a service account");
  const kinds = new Set<string>();
  visitPodReferences(pod, (kind) => kinds.add(kind));
  if (kinds.has("secrets")) throw refuse("secrets");
  if (kinds.has("configmaps")) throw refuse("configmaps");
  const sources = (spec?.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
  if (sources.some((source) => source.clusterTrustBundle !== undefined)) {
    throw refuse("clustertrustbundles");
  }
  if (sources.some((source) => source.serviceAccountToken !== undefined)) {
    throw refuse("a service account token");
  }
  if (kinds.has("persistentvolumeclaims")) throw refuse("persistentvolumeclaims");
  if ((spec?.resourceClaims ?? []).length > 0) throw refuse("resourceclaims");
}

function admitPodStatus({ request, nodeName }: NodeRequest): void {
  const { object: pod, oldObject: old } = request;
  const node = JSON.stringify(nodeName);
  if (request.operation !== "UPDATE") {
    throw forbiddenByAdmission(
      request,
      `unexpected operation ${JSON.stringify(request.operation)}`,
    );
  }
  if (!isPod(pod) || !isPod(old)) throw forbiddenByAdmission(request, "unexpected type");
  if (old.spec?.nodeName !== nodeName) {
    throw forbiddenByAdmission(
      request,
      `node ${node} can only update pod status for pods with spec.nodeName set to itself`,
    );
  }
  if (!sameLabels(old.metadata.labels, pod.metadata.labels)) {
    throw forbiddenByAdmission(request, `node ${node} cannot update labels through pod status`);
  }
  if (claimStatuses(old) !== claimStatuses(pod)) {
    throw forbiddenByAdmission(request, `node ${node} cannot update resource claim statues`);
  }
}

function admitPodEviction(of: NodeRequest): Promise<void> | void {
  const { request, nodeName } = of;
  if (request.operation !== "CREATE") {
    throw forbiddenByAdmission(request, `unexpected operation ${request.operation}`);
  }
  const name = request.name || request.object?.metadata.name || "";
  if (name === "") {
    throw forbiddenByAdmission(request, "could not determine pod from request data");
  }
  return withPod(of, name, (pod) => {
    if (pod.spec?.nodeName === nodeName) return;
    throw forbiddenByAdmission(
      request,
      `node ${nodeName} can only evict pods with spec.nodeName set to itself`,
    );
  });
}

/** Looks again where it cannot be missed when the cache does not have the pod. */
export function withPod(
  { reader, request }: NodeRequest,
  name: string,
  check: (pod: Pod) => void,
): Promise<void> | void {
  const known = reader.peek(pods, request.namespace, name);
  if (known !== undefined) return check(known);
  return reader.read(pods, request.namespace, name).then((found) => {
    if (found === undefined) throw notFound({ group: "", resource: "pods" }, name);
    check(found);
  });
}

function sameLabels(
  a: Readonly<Record<string, string>> = {},
  b: Readonly<Record<string, string>> = {},
): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}

function claimStatuses(pod: Pod): string {
  const statuses = pod.status?.resourceClaimStatuses ?? [];
  return JSON.stringify(statuses.map(({ name, resourceClaimName }) => [name, resourceClaimName]));
}
