/**
 * What the Node authorizer cannot see, since it is in the object: a kubelet writes its own node, the pods bound to it,
 * its lease, and asks for tokens of its pods only.
 *
 * Upstream: plugin/pkg/admission/noderestriction/admission.go @1.36
 */
import { nodeNameOf } from "@kubets/authn";
import type { Authorizer } from "@kubets/authz";
import type { AdmissionReader } from "../../admission-reader.ts";
import { forbiddenByAdmission } from "../../forbidden-by-admission.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../plugin.ts";
import { admitClaimStatus } from "./claim-status.ts";
import { admitNode } from "./node-writes.ts";
import { admitPod } from "./pod-writes.ts";
import { admitTokenRequest } from "./token-requests.ts";

export interface NodeRestrictionOptions {
  readonly reader: AdmissionReader;
  /** Decides about audiences that a node's pods do not name. */
  readonly authorizer: Authorizer;
}

/** A node's request, once it is known whose it is. */
export interface NodeRequest {
  readonly nodeName: string;
  readonly request: AdmissionRequest;
  readonly reader: AdmissionReader;
  readonly authorizer: Authorizer;
}

type Admit = (of: NodeRequest) => Promise<void> | void;

const NODE_LEASE_NAMESPACE = "kube-node-lease";

const BY_RESOURCE: Readonly<Record<string, Admit | undefined>> = {
  "/pods": admitPod,
  "/nodes": admitNode,
  "/persistentvolumeclaims": admitClaimStatus,
  "/serviceaccounts": admitTokenRequest,
  "coordination.k8s.io/leases": admitLease,
  "storage.k8s.io/csinodes": admitCsiNode,
  "resource.k8s.io/resourceslices": admitResourceSlice,
};

export function createNodeRestriction(options: NodeRestrictionOptions): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    handles: (operation, { group, resource }) =>
      operation !== "CONNECT" && BY_RESOURCE[`${group}/${resource}`] !== undefined,
    mutate(request) {
      const nodeName = nodeNameOf(request.user);
      if (nodeName === undefined) return undefined;
      if (nodeName === "") {
        throw forbiddenByAdmission(
          request,
          `could not determine node from user ${JSON.stringify(request.user.name)}`,
        );
      }
      const { group, resource } = request.resource;
      const pending = BY_RESOURCE[`${group}/${resource}`]?.({ nodeName, request, ...options });
      return pending instanceof Promise ? pending.then(() => undefined) : undefined;
    },
  };
}

function admitLease({ nodeName, request }: NodeRequest): void {
  if (request.namespace !== NODE_LEASE_NAMESPACE) {
    throw forbiddenByAdmission(
      request,
      `can only access leases in the "${NODE_LEASE_NAMESPACE}" system namespace`,
    );
  }
  if (nameOf(request) !== nodeName) {
    throw forbiddenByAdmission(
      request,
      "can only access node lease with the same name as the requesting node",
    );
  }
}

function admitCsiNode({ nodeName, request }: NodeRequest): void {
  if (nameOf(request) === nodeName) return;
  throw forbiddenByAdmission(
    request,
    "can only access CSINode with the same name as the requesting node",
  );
}

function admitResourceSlice({ nodeName, request }: NodeRequest): void {
  const { operation, object, oldObject } = request;
  const slice = operation === "DELETE" ? oldObject : object;
  if (sliceNode(slice) === nodeName) return;
  const verb = operation === "CREATE" ? "create" : operation === "DELETE" ? "delete" : "update";
  throw forbiddenByAdmission(
    request,
    verb === "create"
      ? "can only create ResourceSlice with the same NodeName as the requesting node"
      : `can only ${verb} ResourceSlice with the same NodeName as the requesting node`,
  );
}

function sliceNode(slice: object | undefined): unknown {
  if (slice === undefined || !("spec" in slice)) return undefined;
  const { spec } = slice;
  return typeof spec === "object" && spec !== null && "nodeName" in spec
    ? spec.nodeName
    : undefined;
}

/** On a create the name is in the object. */
function nameOf({ operation, name, object }: AdmissionRequest): string {
  return operation === "CREATE" ? (object?.metadata.name ?? "") : name;
}
