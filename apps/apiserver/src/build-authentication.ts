import type { Secret } from "@kubets/api/core/v1";
import {
  type Authenticator,
  type BoundObjects,
  createAuthenticatorChain,
  createBearerTokenAuthenticator,
  createBootstrapTokenAuthenticator,
  createClientCertificateAuthenticator,
  createFrontProxyAuthenticator,
  createServiceAccountTokenAuthenticator,
  createTokenFileAuthenticator,
  createTokenUnion,
  type TokenAuthenticator,
} from "@kubets/authn";
import type { Clock } from "@kubets/service";
import type { WatchCache } from "@kubets/watch-cache";
import type { Settings } from "./settings.ts";

export interface Authentication {
  readonly authenticator: Authenticator;
  /** What TokenReview asks. */
  readonly tokens: TokenAuthenticator;
}

/** Upstream: pkg/kubeapiserver/authenticator/config.go New @1.36 */
export function buildAuthentication(
  settings: Settings,
  cache: WatchCache,
  clock: Clock,
): Authentication {
  const { config, audiences, clientCa, requestHeaderCa } = settings;
  const tokens = tokenAuthenticators(settings, cache, clock);
  const authenticators: Authenticator[] = [];
  if (requestHeaderCa !== undefined) {
    authenticators.push(
      createFrontProxyAuthenticator({
        authorities: requestHeaderCa,
        allowedNames: config["requestheader-allowed-names"],
        usernameHeaders: config["requestheader-username-headers"],
        uidHeaders: config["requestheader-uid-headers"],
        groupHeaders: config["requestheader-group-headers"],
        extraHeaderPrefixes: config["requestheader-extra-headers-prefix"],
        clock,
      }),
    );
  }
  if (clientCa !== undefined) {
    authenticators.push(createClientCertificateAuthenticator({ authorities: clientCa, clock }));
  }
  if (tokens.length > 0) {
    authenticators.push(createBearerTokenAuthenticator({ authenticators: tokens, audiences }));
  }
  return {
    authenticator: createAuthenticatorChain({
      authenticators,
      anonymous: config["anonymous-auth"],
    }),
    tokens: createTokenUnion(tokens),
  };
}

function tokenAuthenticators(
  { config, audiences, tokenFile, tokenKeys }: Settings,
  cache: WatchCache,
  clock: Clock,
): TokenAuthenticator[] {
  const tokens: TokenAuthenticator[] = [];
  if (tokenFile !== undefined) {
    tokens.push(createTokenFileAuthenticator({ ...tokenFile, audiences }));
  }
  if (tokenKeys.length > 0) {
    tokens.push(
      createServiceAccountTokenAuthenticator({
        issuers: config["service-account-issuer"],
        keys: tokenKeys,
        objects: boundObjects(cache),
        clock,
      }),
    );
  }
  if (config["enable-bootstrap-token-auth"]) {
    const secrets = cache.resource({ group: "", resource: "secrets" });
    tokens.push(
      createBootstrapTokenAuthenticator({
        secret: (name) => secrets.peek("kube-system", name)?.object as Secret | undefined,
        audiences,
        clock,
      }),
    );
  }
  return tokens;
}

function boundObjects(cache: WatchCache): BoundObjects {
  const of = (resource: string) => cache.resource({ group: "", resource });
  return {
    peek: (resource, namespace, name) => of(resource).peek(namespace, name)?.object,
    read: async (resource, namespace, name) =>
      (await of(resource).get(namespace, name, "mostRecent"))?.object,
  };
}
