/**
 * A front proxy says in headers who its caller is. Believed only behind a certificate of the front proxy's own
 * authority; from everybody else the headers mean nothing.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/headerrequest/requestheader.go @1.36
 */
import { type Clock, createCertificateVerifier } from "@kubets/service";
import type { Authenticator, Credentials } from "./authenticator.ts";
import { withAuthenticatedGroup } from "./groups.ts";

export interface FrontProxyOptions {
  /** PEM bundle. Upstream flag: --requestheader-client-ca-file. */
  readonly authorities: string;
  /** Common names of proxies; empty: any. Upstream flag: --requestheader-allowed-names. */
  readonly allowedNames: readonly string[];
  /** Upstream flag: --requestheader-username-headers. */
  readonly usernameHeaders: readonly string[];
  /** Upstream flag: --requestheader-uid-headers. */
  readonly uidHeaders: readonly string[];
  /** Upstream flag: --requestheader-group-headers. */
  readonly groupHeaders: readonly string[];
  /** Upstream flag: --requestheader-extra-headers-prefix. */
  readonly extraHeaderPrefixes: readonly string[];
  readonly clock: Clock;
}

export function createFrontProxyAuthenticator(options: FrontProxyOptions): Authenticator {
  const verifier = createCertificateVerifier(options);
  const usernameHeaders = lowerCase(options.usernameHeaders);
  const uidHeaders = lowerCase(options.uidHeaders);
  const groupHeaders = lowerCase(options.groupHeaders);
  const extraPrefixes = lowerCase(options.extraHeaderPrefixes);
  return {
    name: "requestheader",
    authenticate(credentials) {
      const { clientCertificates, header } = credentials;
      if (clientCertificates === undefined || clientCertificates.length === 0) return "notMine";
      const name = firstValue(header, usernameHeaders);
      if (name === "") return "notMine";
      const verification = verifier.verify(clientCertificates);
      // An ordinary client's certificate is another authenticator's affair, and its headers are nobody's.
      if ("refused" in verification) return "notMine";
      const { commonName } = verification.identity;
      if (options.allowedNames.length > 0 && !options.allowedNames.includes(commonName)) {
        return { refused: `x509: subject with cn=${commonName} is not in the allowed list` };
      }
      const uid = firstValue(header, uidHeaders);
      const extra = extraOf(credentials, extraPrefixes);
      return {
        user: withAuthenticatedGroup({
          name,
          groups: groupHeaders.flatMap((each) => header(each).filter((value) => value !== "")),
          ...(uid === "" ? {} : { uid }),
          ...(extra === undefined ? {} : { extra }),
        }),
      };
    },
  };
}

function firstValue(header: Credentials["header"], names: readonly string[]): string {
  for (const name of names) {
    const value = header(name)[0];
    if (value !== undefined && value !== "") return value;
  }
  return "";
}

/** Keys are percent-encoded, since header names cannot carry everything that a key may. */
function extraOf(
  { header, headerNames }: Credentials,
  prefixes: readonly string[],
): Record<string, readonly string[]> | undefined {
  if (headerNames === undefined) return undefined;
  const extra: Record<string, readonly string[]> = Object.create(null);
  for (const prefix of prefixes) {
    for (const name of headerNames(prefix)) {
      extra[unescapeKey(name.slice(prefix.length))] = header(name);
    }
  }
  return Object.keys(extra).length > 0 ? extra : undefined;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // Upstream keeps a key that is not well encoded as it stands.
    return key;
  }
}

function lowerCase(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase());
}
