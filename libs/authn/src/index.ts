export type {
  AuthenticationResult,
  Authenticator,
  Credentials,
  UserInfo,
} from "./authenticator.ts";
export {
  type AuthenticatorChainOptions,
  createAuthenticatorChain,
  joinErrors,
} from "./authenticator-chain.ts";
export {
  type ClientCertificateOptions,
  createClientCertificateAuthenticator,
} from "./client-certificate.ts";
export { createFrontProxyAuthenticator, type FrontProxyOptions } from "./front-proxy.ts";
export {
  ANONYMOUS_USER,
  anonymousUser,
  GROUP_AUTHENTICATED,
  GROUP_MASTERS,
  GROUP_NODES,
  GROUP_SERVICE_ACCOUNTS,
  GROUP_UNAUTHENTICATED,
  nodeNameOf,
  parseServiceAccountUserName,
  type ServiceAccountName,
  serviceAccountGroups,
  serviceAccountUserName,
  withAuthenticatedGroup,
} from "./groups.ts";
export { reviewSelf, reviewToken, type TokenReviewOptions, userInfoV1 } from "./token-review.ts";
export {
  type BootstrapTokenOptions,
  createBootstrapTokenAuthenticator,
} from "./tokens/bootstrap-token.ts";
export type { ObjectReference, ServiceAccountClaims } from "./tokens/service-account-claims.ts";
export {
  type BoundObjects,
  type BoundResource,
  createServiceAccountTokenAuthenticator,
  type ServiceAccountTokenOptions,
} from "./tokens/service-account-token.ts";
export {
  readSigningKey,
  readVerificationKeys,
  type SigningKey,
  type TokenKey,
} from "./tokens/signing-keys.ts";
export {
  type BearerTokenOptions,
  createBearerTokenAuthenticator,
  createTokenUnion,
  type TokenAuthenticator,
} from "./tokens/token-authenticator.ts";
export { createTokenFileAuthenticator, type TokenFileOptions } from "./tokens/token-file.ts";
export {
  createTokenIssuer,
  jsonWebKeySet,
  openIdConfiguration,
  type TokenContents,
  type TokenIssuer,
  type TokenIssuerOptions,
} from "./tokens/token-issuer.ts";
export {
  createTokenRequestHandler,
  type TokenRequestCall,
  type TokenRequestOptions,
  type TokenRequestReader,
} from "./tokens/token-request.ts";
