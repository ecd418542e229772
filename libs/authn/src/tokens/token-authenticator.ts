import type { AuthenticationResult, Authenticator } from "../authenticator.ts";
import { joinErrors } from "../authenticator-chain.ts";

/** Knows one sort of token. The same three answers as an authenticator's. */
export interface TokenAuthenticator {
  readonly name: string;
  /** `audiences`: the token must be meant for at least one of them; the result says for which it is. */
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): Promise<AuthenticationResult> | AuthenticationResult;
}

export interface BearerTokenOptions {
  readonly authenticators: readonly TokenAuthenticator[];
  /** Who this server is. Upstream flag: --api-audiences. */
  readonly audiences: readonly string[];
}

/**
 * The Authorization header. A token that nobody knows is refused: a caller with a token is never anonymous.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/bearertoken/bearertoken.go @1.36
 */
export function createBearerTokenAuthenticator(options: BearerTokenOptions): Authenticator {
  const union = createTokenUnion(options.authenticators);
  return {
    name: "bearer-token",
    authenticate({ bearerToken }) {
      if (bearerToken === undefined || bearerToken === "") return "notMine";
      const answer = union.authenticateToken(bearerToken, options.audiences);
      return answer instanceof Promise ? answer.then(refuseUnknown) : refuseUnknown(answer);
    },
  };
}

function refuseUnknown(result: AuthenticationResult): AuthenticationResult {
  return result === "notMine" ? { refused: "invalid bearer token" } : result;
}

export function createTokenUnion(
  authenticators: readonly TokenAuthenticator[],
): TokenAuthenticator {
  function ask(
    token: string,
    audiences: readonly string[],
    from: number,
    refusals: readonly string[],
  ): Promise<AuthenticationResult> | AuthenticationResult {
    let refused = refusals;
    for (let index = from; index < authenticators.length; index++) {
      const answer = authenticators[index]?.authenticateToken(token, audiences) ?? "notMine";
      if (answer instanceof Promise) {
        const before = refused;
        return answer.then((result) => {
          if (result === "notMine") return ask(token, audiences, index + 1, before);
          if ("user" in result) return result;
          return ask(token, audiences, index + 1, [...before, result.refused]);
        });
      }
      if (answer === "notMine") continue;
      if ("user" in answer) return answer;
      refused = [...refused, answer.refused];
    }
    return refused.length === 0 ? "notMine" : { refused: joinErrors(refused) };
  }
  return {
    name: "union",
    authenticateToken: (token, audiences) => ask(token, audiences, 0, []),
  };
}

/** The members of `wanted` that are in `offered`, in the order of `wanted`. */
export function intersectAudiences(
  wanted: readonly string[],
  offered: readonly string[],
): readonly string[] {
  return wanted.filter((audience) => offered.includes(audience));
}
