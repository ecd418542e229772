/**
 * Who may do what.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authorization/authorizer/interfaces.go @1.36
 */
import type { UserInfo } from "@kubets/authn";

/** The one reading of a request that authorization, admission and storage share. */
export interface Attributes {
  readonly user: UserInfo;
  /** get, list, watch, create, update, patch, delete, deletecollection, or the HTTP method in lower case for paths. */
  readonly verb: string;
  readonly isResourceRequest: boolean;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** For requests that are not about resources. */
  readonly path: string;
  /** Parsed requirements, for authorizers that allow a narrowed list. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface Decision {
  readonly verdict: "allow" | "deny" | "noOpinion";
  /** Shown to the client behind the standard text when access is refused. */
  readonly reason: string;
}

export interface Authorizer {
  readonly name: string;
  /** Throws only when it cannot decide; the caller then refuses. */
  authorize(attributes: Attributes): Promise<Decision> | Decision;
}
