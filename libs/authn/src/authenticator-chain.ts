/**
 * All authenticators as one. Each is asked in order until one knows the caller; a refusal is kept while the others are
 * asked, since a caller may show two credentials of which one is meant for somebody else. Only a caller without any
 * credentials is anonymous.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/union/union.go @1.36
 */
import type { AuthenticationResult, Authenticator, Credentials } from "./authenticator.ts";
import { anonymousUser } from "./groups.ts";

export interface AuthenticatorChainOptions {
  readonly authenticators: readonly Authenticator[];
  /** Upstream flag: --anonymous-auth. */
  readonly anonymous: boolean;
}

const anonymousResult: AuthenticationResult = { user: anonymousUser };

export function createAuthenticatorChain(options: AuthenticatorChainOptions): Authenticator {
  const { authenticators } = options;

  /** Without a promise as long as every authenticator answers at once, as they do for credentials seen before. */
  function ask(
    credentials: Credentials,
    from: number,
    refusals: readonly string[],
  ): Promise<AuthenticationResult> | AuthenticationResult {
    let refused = refusals;
    for (let index = from; index < authenticators.length; index++) {
      const answer = authenticators[index]?.authenticate(credentials) ?? "notMine";
      if (answer instanceof Promise) {
        const before = refused;
        return answer.then((result) => {
          if (isAccepted(result)) return result;
          return ask(credentials, index + 1, withRefusal(before, result));
        });
      }
      if (isAccepted(answer)) return answer;
      refused = withRefusal(refused, answer);
    }
    if (refused.length > 0) return { refused: joinErrors(refused) };
    return options.anonymous ? anonymousResult : "notMine";
  }

  return { name: "chain", authenticate: (credentials) => ask(credentials, 0, []) };
}

function isAccepted(result: AuthenticationResult): boolean {
  return result !== "notMine" && "user" in result;
}

function withRefusal(refusals: readonly string[], result: AuthenticationResult): readonly string[] {
  return result !== "notMine" && "refused" in result ? [...refusals, result.refused] : refusals;
}

/** As upstream's aggregated errors read: one alone, or "[a, b]". */
export function joinErrors(messages: readonly string[]): string {
  const [only] = messages;
  return messages.length === 1 && only !== undefined ? only : `[${messages.join(", ")}]`;
}
