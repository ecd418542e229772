/**
 * Whether a client certificate was issued by an authority we trust, for clients, and is valid now.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go AuthenticateRequest @1.36
 */
import { X509Certificate } from "node:crypto";
import type { Clock } from "../clock.ts";
import { type CertificateIdentity, readCertificateIdentity } from "./certificate-identity.ts";

export interface CertificateVerifierOptions {
  /** PEM bundle of the authorities. */
  readonly authorities: string;
  readonly clock: Clock;
  /** Default "client". */
  readonly usage?: "client" | "server";
}

export type Verification =
  | { readonly identity: CertificateIdentity }
  | { readonly refused: string };

export interface CertificateVerifier {
  /** The chain as TLS presented it, leaf first. */
  verify(chain: readonly Buffer[]): Verification;
}

const USAGE_OIDS = { client: "1.3.6.1.5.5.7.3.2", server: "1.3.6.1.5.5.7.3.1" } as const;
const ANY_USAGE_OID = "2.5.29.37.0";
const CHAIN_ITEMS_MAX = 8;

export function createCertificateVerifier(
  options: CertificateVerifierOptions,
): CertificateVerifier {
  const roots = splitPem(options.authorities).map((pem) => new X509Certificate(pem));
  if (roots.length === 0) throw new TypeError("the bundle of authorities has no certificate");
  const wanted = USAGE_OIDS[options.usage ?? "client"];
  /** Signatures do not change: only dates are looked at again. Holds the end of the whole chain's validity. */
  const trusted = new WeakMap<CertificateIdentity, { fromMs: number; untilMs: number }>();

  return {
    verify(chain) {
      const [leaf, ...others] = chain;
      const identity = leaf === undefined ? undefined : readCertificateIdentity(leaf);
      if (identity === undefined) return { refused: "x509: malformed certificate" };
      let validity = trusted.get(identity);
      if (validity === undefined) {
        const { usages } = identity;
        if (!usages.includes(wanted) && !usages.includes(ANY_USAGE_OID)) {
          return { refused: "x509: certificate specifies an incompatible key usage" };
        }
        validity = chainValidity(identity, others.slice(0, CHAIN_ITEMS_MAX), roots);
        if (validity === undefined) {
          return { refused: "x509: certificate signed by unknown authority" };
        }
        trusted.set(identity, validity);
      }
      const nowMs = options.clock.now();
      if (nowMs < validity.fromMs || nowMs > validity.untilMs) {
        return { refused: "x509: certificate has expired or is not yet valid" };
      }
      return { identity };
    },
  };
}

/** Walks from the leaf over the presented intermediates to a root; undefined when it does not get there. */
function chainValidity(
  leaf: CertificateIdentity,
  presented: readonly Buffer[],
  roots: readonly X509Certificate[],
): { fromMs: number; untilMs: number } | undefined {
  const intermediates = presented.flatMap((der) => readCertificateIdentity(der)?.certificate ?? []);
  let current = leaf.certificate;
  let fromMs = leaf.notBeforeMs;
  let untilMs = leaf.notAfterMs;
  for (let depth = 0; depth <= CHAIN_ITEMS_MAX; depth++) {
    const root = roots.find((each) => issued(each, current));
    const issuer = root ?? intermediates.find((each) => each !== current && issued(each, current));
    if (issuer === undefined) return undefined;
    fromMs = Math.max(fromMs, issuer.validFromDate.getTime());
    untilMs = Math.min(untilMs, issuer.validToDate.getTime());
    if (root !== undefined) return { fromMs, untilMs };
    current = issuer;
  }
  return undefined;
}

function issued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

/** The certificates of a PEM bundle; other blocks and comments are passed over. */
export function splitPem(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
}
