/**
 * Acting as somebody else: every part of the wanted identity needs the right to impersonate it.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation/impersonation.go @1.36
 */
import { StatusError } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";
import type { Attributes } from "@kubets/authz";
import type { FilterParts } from "../filter-chain.ts";
import type { RequestContext } from "../request-context.ts";
import { authorizeAs } from "./authorize.ts";

const serviceAccountPrefix = "system:serviceaccount:";
const extraPrefix = "impersonate-extra-";

export function impersonate(context: RequestContext, parts: FilterParts): Promise<void> | void {
  const { header, headerNames } = context.request.credentials;
  const [user] = header("impersonate-user");
  const groups = header("impersonate-group");
  const [uid] = header("impersonate-uid");
  const extraNames = headerNames?.(extraPrefix) ?? none;
  if (user === undefined && groups.length === 0 && uid === undefined && extraNames.length === 0) {
    return;
  }
  return takeOver(context, parts, {
    user: user ?? "",
    groups,
    uid: uid ?? "",
    extra: readExtra(context, extraNames),
  });
}

const none: readonly string[] = [];

interface Wanted {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

function readExtra(
  context: RequestContext,
  headerNames: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const extra: Record<string, readonly string[]> = Object.create(null);
  for (const headerName of headerNames) {
    const key = unescapeKey(headerName.slice(extraPrefix.length));
    extra[key] = context.request.credentials.header(headerName);
  }
  return extra;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // A key that is not escaped rightly stands for itself, as upstream has it.
    return key;
  }
}

async function takeOver(
  context: RequestContext,
  parts: FilterParts,
  wanted: Wanted,
): Promise<void> {
  if (wanted.user === "") {
    throw new StatusError({
      code: 500,
      reason: "InternalError",
      message: "requested impersonation of groups, uid or extra without impersonating a user",
    });
  }
  for (const target of targets(context, wanted)) await authorizeAs(parts.authorizer, target);
  context.user = impersonated(wanted);
}

function targets(context: RequestContext, wanted: Wanted): Attributes[] {
  const base: Attributes = {
    user: context.user,
    verb: "impersonate",
    isResourceRequest: true,
    apiGroup: "",
    apiVersion: "",
    resource: "users",
    subresource: "",
    namespace: "",
    name: wanted.user,
    path: "",
  };
  const account = serviceAccount(wanted.user);
  const authentication = { ...base, apiGroup: "authentication.k8s.io", apiVersion: "v1" };
  return [
    account === undefined ? base : { ...base, resource: "serviceaccounts", ...account },
    ...wanted.groups.map((name) => ({ ...base, resource: "groups", name })),
    ...Object.entries(wanted.extra).flatMap(([key, values]) =>
      values.map((name) => ({
        ...authentication,
        resource: "userextras",
        subresource: key,
        name,
      })),
    ),
    ...(wanted.uid === "" ? [] : [{ ...authentication, resource: "uids", name: wanted.uid }]),
  ];
}

function serviceAccount(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, name, ...rest] = user.slice(serviceAccountPrefix.length).split(":");
  if (!namespace || !name || rest.length > 0) return undefined;
  return { namespace, name };
}

function impersonated(wanted: Wanted): UserInfo {
  const account = serviceAccount(wanted.user);
  const groups =
    account !== undefined && wanted.groups.length === 0
      ? ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`]
      : [...wanted.groups];
  const everybody =
    wanted.user === "system:anonymous" ? "system:unauthenticated" : "system:authenticated";
  const isPlaced =
    groups.includes("system:authenticated") || groups.includes("system:unauthenticated");
  if (!isPlaced) groups.push(everybody);
  return {
    name: wanted.user,
    groups,
    ...(wanted.uid === "" ? {} : { uid: wanted.uid }),
    ...(Object.keys(wanted.extra).length === 0 ? {} : { extra: wanted.extra }),
  };
}
