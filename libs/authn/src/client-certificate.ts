import { type CertificateIdentity, type Clock, createCertificateVerifier } from "@kubets/service";
import type { AuthenticationResult, Authenticator } from "./authenticator.ts";
import { EXTRA_CREDENTIAL_ID, withAuthenticatedGroup } from "./groups.ts";

export interface ClientCertificateOptions {
  /** PEM bundle. Upstream flag: --client-ca-file. */
  readonly authorities: string;
  readonly clock: Clock;
}

/**
 * The common name is the user, the organizations are the groups.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go CommonNameUserConversion @1.36
 */
export function createClientCertificateAuthenticator(
  options: ClientCertificateOptions,
): Authenticator {
  const verifier = createCertificateVerifier(options);
  const results = new WeakMap<CertificateIdentity, AuthenticationResult>();
  return {
    name: "x509",
    authenticate({ clientCertificates }) {
      if (clientCertificates === undefined || clientCertificates.length === 0) return "notMine";
      const verification = verifier.verify(clientCertificates);
      if ("refused" in verification) return verification;
      const { identity } = verification;
      let result = results.get(identity);
      if (result === undefined) {
        result = resultOf(identity);
        results.set(identity, result);
      }
      return result;
    },
  };
}

function resultOf(identity: CertificateIdentity): AuthenticationResult {
  if (identity.commonName === "") return "notMine";
  return {
    user: withAuthenticatedGroup({
      name: identity.commonName,
      groups: identity.organizations,
      extra: { [EXTRA_CREDENTIAL_ID]: [`X509SHA256=${identity.fingerprint}`] },
    }),
  };
}
