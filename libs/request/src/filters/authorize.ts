/**
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/authorization.go and
 * staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go @1.36
 */
import { forbidden } from "@kubets/api";
import type { Attributes, Authorizer, Decision } from "@kubets/authz";
import type { FilterParts } from "../filter-chain.ts";
import type { RequestContext } from "../request-context.ts";

export function authorize(
  context: RequestContext,
  { authorizer }: FilterParts,
): Promise<void> | void {
  return authorizeAs(authorizer, context.attributes);
}

/** Throws 403 unless the authorizer allows it. */
export function authorizeAs(authorizer: Authorizer, attributes: Attributes): Promise<void> | void {
  const decision = authorizer.authorize(attributes);
  if (!(decision instanceof Promise)) return refuseUnlessAllowed(attributes, decision);
  return decision.then((later) => refuseUnlessAllowed(attributes, later));
}

function refuseUnlessAllowed(attributes: Attributes, decision: Decision): void {
  if (decision.verdict === "allow") return;
  const text = escapeHtml(describeRefusal(attributes));
  const why = decision.reason === "" ? text : `${text}: ${decision.reason}`;
  const { apiGroup: group, resource, name } = attributes;
  throw forbidden({ group, resource }, name, why);
}

function describeRefusal(attributes: Attributes): string {
  const user = JSON.stringify(attributes.user.name);
  if (!attributes.isResourceRequest) {
    return `User ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  }
  const { resource, subresource, namespace } = attributes;
  const what = JSON.stringify(subresource === "" ? resource : `${resource}/${subresource}`);
  const where =
    namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const group = JSON.stringify(attributes.apiGroup);
  return `User ${user} cannot ${attributes.verb} resource ${what} in API group ${group} ${where}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
