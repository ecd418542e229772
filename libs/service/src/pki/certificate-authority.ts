/**
 * Certificates of a cluster: an authority, and the ones it issues to components and people. Keys are ECDSA P-256.
 * The X.509 library is loaded on first use, since most processes never issue anything.
 */
import {
  createPrivateKey,
  KeyObject,
  randomBytes,
  type webcrypto,
  X509Certificate,
} from "node:crypto";
import { isIP } from "node:net";
import type { Clock } from "../clock.ts";

/** PEM texts. */
export interface CertificateAuthority {
  readonly certificate: string;
  readonly key: string;
}

/** PEM texts; `certificate` is the leaf alone. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface AuthorityRequest {
  readonly commonName: string;
  /** Default 3650. */
  readonly days?: number;
  readonly clock: Clock;
}

export interface CertificateRequest {
  readonly ca: CertificateAuthority;
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses, told apart by their form. */
  readonly sans?: readonly string[];
  readonly usages: readonly ("client" | "server")[];
  /** Default 365. Never outlives the authority. */
  readonly days?: number;
  readonly clock: Clock;
}

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
/** Machines of a cluster disagree about the time by less. */
const SKEW_MS = 300_000;
const AUTHORITY_DAYS = 3_650;
const CERTIFICATE_DAYS = 365;

export async function createCertificateAuthority(
  request: AuthorityRequest,
): Promise<CertificateAuthority> {
  const x509 = await loadX509();
  const keys = await generateKeys();
  const nowMs = request.clock.now();
  const flags = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [request.commonName] }],
    keys,
    serialNumber: serialNumber(),
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(nowMs + (request.days ?? AUTHORITY_DAYS) * DAY_MS),
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(flags.digitalSignature | flags.keyCertSign | flags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: keyPem(keys.privateKey) };
}

export async function issueCertificate(request: CertificateRequest): Promise<IssuedCertificate> {
  const x509 = await loadX509();
  const authority = new X509Certificate(request.ca.certificate);
  const issuer = new x509.X509Certificate(authority.raw);
  const signingKey = createPrivateKey(request.ca.key).toCryptoKey(ECDSA, false, ["sign"]);
  const keys = await generateKeys();
  const nowMs = request.clock.now();
  const endMs = nowMs + (request.days ?? CERTIFICATE_DAYS) * DAY_MS;
  const organizations = request.organizations ?? [];
  const sans = request.sans ?? [];
  const flags = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [
      ...(organizations.length > 0 ? [{ O: [...organizations] }] : []),
      { CN: [request.commonName] },
    ],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    serialNumber: serialNumber(),
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(Math.min(endMs, issuer.notAfter.getTime())),
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(flags.digitalSignature | flags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(
        request.usages.map((usage) =>
          usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
        ),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(sans.length > 0
        ? [
            new x509.SubjectAlternativeNameExtension(
              sans.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
            ),
          ]
        : []),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: keyPem(keys.privateKey) };
}

async function loadX509() {
  // The library's decorators need the metadata shim to be there first.
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
}

function keyPem(key: CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}

/** Positive, as X.509 demands, and 127 bits of chance. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString("hex");
}
