/**
 * Who is asking.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/authenticator/interfaces.go @1.36
 */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What an edge knows about the caller before anybody is asked. */
export interface Credentials {
  /** The DER bytes of the client certificate chain as TLS presented it, leaf first; unverified unless the listener verified it. */
  readonly clientCertificates?: readonly Buffer[];
  /** The value behind "Bearer ". */
  readonly bearerToken?: string;
  /** A header's values by lower-case name: impersonation and the front proxy read theirs here. */
  readonly header: (name: string) => readonly string[];
  /** The lower-case names that begin with a prefix; absent where the edge has no headers. */
  readonly headerNames?: (prefix: string) => readonly string[];
  readonly remoteAddress: string;
}

export type AuthenticationResult =
  | { readonly user: UserInfo; readonly audiences?: readonly string[] }
  /** These credentials are not mine; ask the next one. */
  | "notMine"
  /** They are mine and they are wrong: never falls back to anonymous. */
  | { readonly refused: string };

export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): Promise<AuthenticationResult> | AuthenticationResult;
}
