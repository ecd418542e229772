/**
 * The served resource behind a request, or the refusal that upstream's router gives.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/installer.go @1.36
 */
import {
  type GroupVersionKind,
  type ResourceInfo,
  StatusError,
  type SubresourceInfo,
  type Verb,
} from "@kubets/api";
import type { Registry } from "@kubets/registry";
import type { RequestInfo } from "./request-info.ts";

export interface Target {
  readonly info: ResourceInfo;
  readonly subresource: SubresourceInfo | undefined;
  /** Empty for cluster-scoped resources. */
  readonly namespace: string;
  /** Empty for verbs about a collection. */
  readonly name: string;
  /** What bodies and answers carry. */
  readonly kind: GroupVersionKind;
}

export function resolveTarget(registry: Registry, request: RequestInfo): Target {
  const { apiGroup: group, apiVersion: version, resource } = request;
  const info = registry.info(group, version, resource);
  if (info === undefined) throw pathNotFound();
  const subresource = info.subresources.find((sub) => sub.name === request.subresource);
  if (request.subresource !== "" && subresource === undefined) throw pathNotFound();
  const isCollection = request.parts.length < 2;
  checkScope(info, request, isCollection);
  const verbs: readonly string[] = subresource?.verbs ?? info.verbs;
  if (!verbs.includes(request.verb) && !isProxyVerb(subresource, verbs)) throw methodNotAllowed();
  const isOfCollection = collectionVerbs.has(request.verb);
  if (isCollection ? objectVerbs.has(request.verb) : isOfCollection && subresource === undefined)
    throw methodNotAllowed();
  return {
    info,
    subresource,
    namespace: info.namespaced ? request.namespace : "",
    name: isCollection ? "" : request.name,
    kind: subresource ?? { group, version, kind: info.kind },
  };
}

/** Verbs about objects that are there, and those about their collection. */
const objectVerbs: ReadonlySet<string> = new Set(["update", "patch"]);
const collectionVerbs: ReadonlySet<string> = new Set(["create"]);

function checkScope(info: ResourceInfo, request: RequestInfo, isCollection: boolean): void {
  if (info.namespaced) {
    if (request.namespace !== "") return;
    if (!isCollection) throw pathNotFound();
    const acrossNamespaces = request.verb === "list" || request.verb === "watch";
    const isReview = !info.verbs.includes("list" satisfies Verb);
    if (!acrossNamespaces) throw isReview ? pathNotFound() : methodNotAllowed();
    return;
  }
  const isOwnNamespace = info.resource === "namespaces" && info.group === "";
  if (request.namespace !== "" && !isOwnNamespace) throw pathNotFound();
}

/** Proxies take every method; discovery lists the verbs of the five that are named. */
function isProxyVerb(subresource: SubresourceInfo | undefined, verbs: readonly string[]): boolean {
  return subresource?.name === "proxy" && verbs.length > 0;
}

export function pathNotFound(): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
    details: {},
  });
}

export function methodNotAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  });
}
