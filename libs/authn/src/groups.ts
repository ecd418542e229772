/** Names that upstream reserves. Upstream: staging/src/k8s.io/apiserver/pkg/authentication/user/user.go @1.36 */
import type { UserInfo } from "./authenticator.ts";

export const ANONYMOUS_USER = "system:anonymous";
export const GROUP_AUTHENTICATED = "system:authenticated";
export const GROUP_UNAUTHENTICATED = "system:unauthenticated";
export const GROUP_MASTERS = "system:masters";
export const GROUP_NODES = "system:nodes";
export const GROUP_SERVICE_ACCOUNTS = "system:serviceaccounts";

/** Which certificate or token a user came with, for audit. */
export const EXTRA_CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";
export const EXTRA_POD_NAME = "authentication.kubernetes.io/pod-name";
export const EXTRA_POD_UID = "authentication.kubernetes.io/pod-uid";
export const EXTRA_NODE_NAME = "authentication.kubernetes.io/node-name";
export const EXTRA_NODE_UID = "authentication.kubernetes.io/node-uid";

export const anonymousUser: UserInfo = Object.freeze({
  name: ANONYMOUS_USER,
  groups: Object.freeze([GROUP_UNAUTHENTICATED]),
});

/**
 * Everybody who proved something is in system:authenticated.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/group/authenticated_group_adder.go @1.36
 */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  const { groups, name } = user;
  if (name === ANONYMOUS_USER) return user;
  if (groups.includes(GROUP_AUTHENTICATED) || groups.includes(GROUP_UNAUTHENTICATED)) return user;
  return { ...user, groups: [...groups, GROUP_AUTHENTICATED] };
}

const SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:";

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

export function serviceAccountUserName(of: ServiceAccountName): string {
  return `${SERVICE_ACCOUNT_PREFIX}${of.namespace}:${of.name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return [GROUP_SERVICE_ACCOUNTS, `${GROUP_SERVICE_ACCOUNTS}:${namespace}`];
}

/** Undefined when the user is not a service account. */
export function parseServiceAccountUserName(userName: string): ServiceAccountName | undefined {
  if (!userName.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined;
  const parts = userName.slice(SERVICE_ACCOUNT_PREFIX.length).split(":");
  const [namespace, name] = parts;
  return parts.length === 2 && namespace && name ? { namespace, name } : undefined;
}

const NODE_PREFIX = "system:node:";

/**
 * Undefined when the user is not a node; "" when it is one without a name.
 *
 * Upstream: pkg/auth/nodeidentifier/default.go NodeIdentity @1.36
 */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(NODE_PREFIX) || !user.groups.includes(GROUP_NODES)) return undefined;
  return user.name.slice(NODE_PREFIX.length);
}
