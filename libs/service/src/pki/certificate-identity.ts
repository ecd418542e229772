import { hash, X509Certificate } from "node:crypto";
import { LRUCache } from "lru-cache";

/** What a certificate says about its holder. It says nothing about whether that is true: see the verifier. */
export interface CertificateIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Extended key usages, as object identifiers; empty: not limited. */
  readonly usages: readonly string[];
  /** Hex SHA-256 of the DER bytes. */
  readonly fingerprint: string;
  readonly certificate: X509Certificate;
}

const CACHE_ITEMS_MAX = 1_024;
const byFingerprint = new LRUCache<string, CertificateIdentity>({ max: CACHE_ITEMS_MAX });
/** Edges hand in the same buffer for each request of a connection: no hashing then. */
const byBuffer = new WeakMap<Buffer, CertificateIdentity>();

/** Reads DER bytes; undefined when they are not a certificate. Cheap when asked again. */
export function readCertificateIdentity(der: Buffer): CertificateIdentity | undefined {
  const seen = byBuffer.get(der);
  if (seen !== undefined) return seen;
  const fingerprint = hash("sha256", der, "hex");
  let identity = byFingerprint.get(fingerprint);
  if (identity === undefined) {
    identity = parse(der, fingerprint);
    if (identity === undefined) return undefined;
    byFingerprint.set(fingerprint, identity);
  }
  byBuffer.set(der, identity);
  return identity;
}

function parse(der: Buffer, fingerprint: string): CertificateIdentity | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    // The bytes come from a peer; what is not a certificate has no identity.
    return undefined;
  }
  // The legacy form gives each attribute by itself, so no value can pass itself off as another attribute.
  const subject: unknown = certificate.toLegacyObject().subject;
  return {
    commonName: attribute(subject, "CN")[0] ?? "",
    organizations: attribute(subject, "O"),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
    usages: certificate.keyUsage ?? [],
    fingerprint,
    certificate,
  };
}

function attribute(subject: unknown, name: string): string[] {
  if (typeof subject !== "object" || subject === null || !Object.hasOwn(subject, name)) return [];
  const value: unknown = Reflect.get(subject, name);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => typeof each === "string");
}
