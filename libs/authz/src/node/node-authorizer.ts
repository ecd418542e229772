/**
 * What a kubelet may do: read what its own pods refer to, write its own node, lease and pods' status, and otherwise
 * what the `system:node` role says.
 *
 * Upstream: plugin/pkg/auth/authorizer/node/node_authorizer.go @1.36 (with AuthorizeNodeWithSelectors)
 */

import type { PolicyRule } from "@kubets/api/rbac/v1";
import { nodeNameOf, type UserInfo } from "@kubets/authn";
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { ResourceCache } from "@kubets/watch-cache";
import type { Attributes, Authorizer, Decision } from "../authorizer.ts";
import { NO_OPINION } from "../authorizer-union.ts";
import { followObjects } from "../follow-objects.ts";
import { GrantedRules } from "../rbac/granted-rules.ts";
import type { ResolvedRules, RuleResolver } from "../rule-resolver.ts";
import { selectsExactly } from "./field-selector.ts";
import { NodeGraph } from "./node-graph.ts";

const ALLOW: Decision = Object.freeze({ verdict: "allow", reason: "" });
const NODE_LEASE_NAMESPACE = "kube-node-lease";
const OWN_OBJECT_VERBS: ReadonlySet<string> = new Set([
  "get",
  "create",
  "update",
  "patch",
  "delete",
]);
const READ_VERBS: ReadonlySet<string> = new Set(["get", "list", "watch"]);

export class NodeAuthorizer implements Authorizer, RuleResolver {
  readonly name = "Node";
  readonly #graph: NodeGraph;
  readonly #rules: GrantedRules;
  readonly #nodeNames = new WeakMap<UserInfo, { readonly nodeName: string | undefined }>();

  /** `rules`: those of the bootstrap role `system:node`. */
  constructor(graph: NodeGraph, rules: readonly PolicyRule[]) {
    this.#graph = graph;
    this.#rules = new GrantedRules(rules.map((rule) => ({ rule, through: "" })));
  }

  authorize(attributes: Attributes): Decision {
    const nodeName = this.#nodeName(attributes.user);
    if (nodeName === undefined) return NO_OPINION;
    if (nodeName === "") {
      return noOpinion(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
    }
    if (attributes.isResourceRequest) {
      const decide = SUBDIVIDED[`${attributes.apiGroup}/${attributes.resource}`];
      if (decide !== undefined) return decide(this.#graph, nodeName, attributes);
    }
    return this.#rules.find(attributes) === undefined ? NO_OPINION : ALLOW;
  }

  rulesFor(user: UserInfo): ResolvedRules {
    const isNode = this.#nodeName(user) !== undefined;
    return {
      resourceRules: [],
      nonResourceRules: [],
      incomplete: isNode,
      errors: isNode ? ["node authorizer does not support user rule resolution"] : [],
    };
  }

  #nodeName(user: UserInfo): string | undefined {
    let known = this.#nodeNames.get(user);
    if (known === undefined) {
      known = { nodeName: nodeNameOf(user) };
      this.#nodeNames.set(user, known);
    }
    return known.nodeName;
  }
}

type Decide = (graph: NodeGraph, nodeName: string, attributes: Attributes) => Decision;

/** Resources whose access depends on the node; the rest follows the node rules. */
const SUBDIVIDED: Readonly<Record<string, Decide | undefined>> = {
  "/secrets": readNamespaced,
  "/configmaps": readNamespaced,
  "/persistentvolumeclaims": (graph, nodeName, attributes) =>
    attributes.subresource === "status"
      ? updateStatus(graph, nodeName, attributes)
      : getOne(graph, nodeName, attributes),
  "/persistentvolumes": getOne,
  "resource.k8s.io/resourceclaims": getOne,
  "storage.k8s.io/volumeattachments": getOne,
  "/serviceaccounts": createToken,
  "coordination.k8s.io/leases": ownLease,
  "storage.k8s.io/csinodes": ownCsiNode,
  "resource.k8s.io/resourceslices": ownSlices,
  "/nodes": ownNode,
  "/pods": ownPods,
};

function readNamespaced(graph: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  if (!READ_VERBS.has(attributes.verb)) return noOpinion("can only read resources of this type");
  if (attributes.subresource !== "") return noOpinion("cannot read subresource");
  if (attributes.namespace === "") {
    return noOpinion("can only read namespaced object of this type");
  }
  return related(graph, nodeName, attributes);
}

function getOne(graph: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  if (attributes.verb !== "get") {
    return noOpinion("can only get individual resources of this type");
  }
  if (attributes.subresource !== "") return noOpinion("cannot get subresource");
  return related(graph, nodeName, attributes);
}

function updateStatus(graph: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  if (attributes.verb !== "update" && attributes.verb !== "patch") {
    return noOpinion("can only get/update/patch this type");
  }
  return related(graph, nodeName, attributes);
}

function createToken(graph: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  if (attributes.verb !== "create" || attributes.name === "") {
    return noOpinion("can only create tokens for individual service accounts");
  }
  if (attributes.subresource !== "token") {
    return noOpinion("can only create token subresource of serviceaccount");
  }
  return related(graph, nodeName, attributes);
}

function related(graph: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  const { namespace, name, resource } = attributes;
  if (name === "") return noOpinion("No Object name found");
  return isRelated(graph, nodeName, { resource, namespace, name })
    ? ALLOW
    : noOpinion(`no relationship found between node '${nodeName}' and this object`);
}

function isRelated(
  graph: NodeGraph,
  nodeName: string,
  of: { readonly resource: string; readonly namespace: string; readonly name: string },
): boolean {
  switch (of.resource) {
    case "pods":
      return graph.hasPod(nodeName, of.namespace, of.name);
    case "persistentvolumes":
      return graph.usesVolume(nodeName, of.name);
    case "volumeattachments":
      return graph.hasAttachment(nodeName, of.name);
    case "resourceslices":
      return graph.hasSlice(nodeName, of.name);
    default:
      return graph.refersTo(nodeName, of.resource, of.namespace, of.name);
  }
}

function ownLease(_: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  if (!OWN_OBJECT_VERBS.has(attributes.verb)) {
    return noOpinion("can only get, create, update, patch, or delete a node lease");
  }
  if (attributes.namespace !== NODE_LEASE_NAMESPACE) {
    return noOpinion(`can only access leases in the "${NODE_LEASE_NAMESPACE}" system namespace`);
  }
  // The name of a create is not known here; the NodeRestriction plugin looks at it.
  if (attributes.verb !== "create" && attributes.name !== nodeName) {
    return noOpinion("can only access node lease with the same name as the requesting node");
  }
  return ALLOW;
}

function ownCsiNode(_: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  if (!OWN_OBJECT_VERBS.has(attributes.verb)) {
    return noOpinion("can only get, create, update, patch, or delete a CSINode");
  }
  if (attributes.subresource !== "") return noOpinion("cannot authorize CSINode subresources");
  if (attributes.verb !== "create" && attributes.name !== nodeName) {
    return noOpinion("can only access CSINode with the same name as the requesting node");
  }
  return ALLOW;
}

function ownSlices(graph: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  if (attributes.subresource !== "") {
    return noOpinion("cannot authorize ResourceSlice subresources");
  }
  switch (attributes.verb) {
    case "create":
      return ALLOW;
    case "get":
    case "update":
    case "patch":
    case "delete":
      return related(graph, nodeName, attributes);
    case "watch":
    case "list":
    case "deletecollection":
      return selectsExactly(attributes.fieldSelector, "spec.nodeName", nodeName)
        ? ALLOW
        : noOpinion(
            "can only list/watch/deletecollection resourceslices with nodeName field selector",
          );
    default:
      return noOpinion(
        "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
      );
  }
}

function ownNode(
  _: NodeGraph,
  nodeName: string,
  { verb, subresource, name }: Attributes,
): Decision {
  const isWrite = verb === "update" || verb === "patch";
  if (subresource === "status") return isWrite ? ALLOW : NO_OPINION;
  if (subresource !== "") return NO_OPINION;
  // Which node is written is the NodeRestriction plugin's affair.
  if (isWrite || verb === "create") return ALLOW;
  if (!READ_VERBS.has(verb)) return NO_OPINION;
  // By name and not by what is known, so that a kubelet may look before its node is there.
  if (name === nodeName) return ALLOW;
  return noOpinion(
    name === ""
      ? `node '${nodeName}' cannot read all nodes, only its own Node object`
      : `node '${nodeName}' cannot read '${name}', only its own Node object`,
  );
}

function ownPods(graph: NodeGraph, nodeName: string, attributes: Attributes): Decision {
  const { verb, subresource, name } = attributes;
  switch (subresource) {
    case "":
      break;
    case "status":
      return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
    case "eviction":
      return verb === "create" ? ALLOW : NO_OPINION;
    default:
      return NO_OPINION;
  }
  switch (verb) {
    case "get":
      return related(graph, nodeName, attributes);
    case "list":
    case "watch":
      if (selectsExactly(attributes.fieldSelector, "spec.nodeName", nodeName)) return ALLOW;
      if (name !== "") return related(graph, nodeName, attributes);
      return noOpinion("can only list/watch pods with spec.nodeName field selector");
    case "create":
    case "delete":
      return ALLOW;
    default:
      return NO_OPINION;
  }
}

function noOpinion(reason: string): Decision {
  return { verdict: "noOpinion", reason };
}

export interface NodeAuthorizerCaches {
  readonly pods: Pick<ResourceCache, "watch">;
  readonly persistentVolumes: Pick<ResourceCache, "watch">;
  readonly volumeAttachments: Pick<ResourceCache, "watch">;
  readonly resourceSlices: Pick<ResourceCache, "watch">;
}

/** The authorizer and what keeps it in step. */
export function createNodeAuthorizer(options: {
  readonly caches: NodeAuthorizerCaches;
  readonly rules: readonly PolicyRule[];
  readonly clock: Clock;
  readonly logger: Logger;
}): { readonly authorizer: NodeAuthorizer; readonly runnables: readonly Runnable[] } {
  const { caches, rules, clock, logger } = options;
  const graph = new NodeGraph();
  const feeds = [
    ["pods", caches.pods, graph.podFeed],
    ["persistentvolumes", caches.persistentVolumes, graph.volumeFeed],
    ["volumeattachments", caches.volumeAttachments, graph.attachmentFeed],
    ["resourceslices", caches.resourceSlices, graph.sliceFeed],
  ] as const;
  return {
    authorizer: new NodeAuthorizer(graph, rules),
    runnables: feeds.map(([name, cache, index]) =>
      followObjects({ name, cache, index, clock, logger }),
    ),
  };
}
