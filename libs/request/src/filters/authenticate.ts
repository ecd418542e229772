/**
 * Asks the authenticators in order. Credentials that one of them knows and refuses are never tried as
 * anonymous.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/authentication.go @1.36
 */
import { unauthorized } from "@kubets/api";
import {
  type AuthenticationResult,
  type Authenticator,
  withAuthenticatedGroup,
} from "@kubets/authn";
import type { FilterParts } from "../filter-chain.ts";
import type { RequestContext } from "../request-context.ts";

export function authenticate(context: RequestContext, parts: FilterParts): Promise<void> | void {
  const { authenticators } = parts;
  for (let index = 0; index < authenticators.length; index++) {
    const result = authenticators[index]?.authenticate(context.request.credentials);
    if (result === undefined) continue;
    if (result instanceof Promise) return finishLater(context, authenticators, index, result);
    if (accept(context, result)) return;
  }
  throw unauthorized();
}

async function finishLater(
  context: RequestContext,
  authenticators: readonly Authenticator[],
  index: number,
  first: Promise<AuthenticationResult>,
): Promise<void> {
  if (accept(context, await first)) return;
  for (const authenticator of authenticators.slice(index + 1)) {
    if (accept(context, await authenticator.authenticate(context.request.credentials))) return;
  }
  throw unauthorized();
}

function accept(context: RequestContext, result: AuthenticationResult): boolean {
  if (result === "notMine") return false;
  if ("refused" in result) throw unauthorized();
  context.user = withAuthenticatedGroup(result.user);
  return true;
}
