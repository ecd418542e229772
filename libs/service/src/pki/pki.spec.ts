import { X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { FakeClock } from "../fake-clock.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssuedCertificate,
  issueCertificate,
} from "./certificate-authority.ts";
import { readCertificateIdentity } from "./certificate-identity.ts";
import { createCertificateVerifier } from "./certificate-verifier.ts";

const clock = new FakeClock();
let ca: CertificateAuthority;
let other: CertificateAuthority;

beforeAll(async () => {
  ca = await createCertificateAuthority({ commonName: "kubernetes", clock });
  other = await createCertificateAuthority({ commonName: "kubernetes", clock });
});

function der(issued: IssuedCertificate): Buffer {
  return new X509Certificate(issued.certificate).raw;
}

test("an issued certificate names its holder, its groups and its addresses", async () => {
  const issued = await issueCertificate({
    ca,
    commonName: "system:node:n1",
    organizations: ["system:nodes", "extra,O=system:masters"],
    sans: ["n1", "10.0.0.7", "::1"],
    usages: ["client", "server"],
    clock,
  });
  const identity = readCertificateIdentity(der(issued));
  expect(identity?.commonName).toBe("system:node:n1");
  expect(identity?.organizations).toEqual(["system:nodes", "extra,O=system:masters"]);
  const certificate = new X509Certificate(issued.certificate);
  expect(certificate.subjectAltName).toBe(
    "DNS:n1, IP Address:10.0.0.7, IP Address:0:0:0:0:0:0:0:1",
  );
  expect(certificate.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
});

test("the verifier accepts a client certificate of its authority while it is valid", async () => {
  const time = new FakeClock(clock.now());
  const verifier = createCertificateVerifier({ authorities: ca.certificate, clock: time });
  const issued = der(
    await issueCertificate({ ca, commonName: "a", usages: ["client"], days: 1, clock }),
  );
  expect(verifier.verify([issued])).toMatchObject({ identity: { commonName: "a" } });
  await time.advance(86_400_000 + 1);
  expect(verifier.verify([issued])).toEqual({
    refused: "x509: certificate has expired or is not yet valid",
  });
});

test("the verifier refuses other authorities, even of the same name", async () => {
  const verifier = createCertificateVerifier({ authorities: ca.certificate, clock });
  const issued = await issueCertificate({ ca: other, commonName: "a", usages: ["client"], clock });
  expect(verifier.verify([der(issued)])).toEqual({
    refused: "x509: certificate signed by unknown authority",
  });
  expect(verifier.verify([der(issued), new X509Certificate(other.certificate).raw])).toEqual({
    refused: "x509: certificate signed by unknown authority",
  });
});

test("a server certificate is not accepted from a client", async () => {
  const verifier = createCertificateVerifier({ authorities: ca.certificate, clock });
  const issued = await issueCertificate({ ca, commonName: "a", usages: ["server"], clock });
  expect(verifier.verify([der(issued)])).toEqual({
    refused: "x509: certificate specifies an incompatible key usage",
  });
});

test("a leaf cannot issue further certificates", async () => {
  const verifier = createCertificateVerifier({ authorities: ca.certificate, clock });
  const leaf = await issueCertificate({ ca, commonName: "kubernetes", usages: ["client"], clock });
  const forged = await issueCertificate({
    ca: leaf,
    commonName: "admin",
    usages: ["client"],
    clock,
  });
  expect(verifier.verify([der(forged), der(leaf)])).toEqual({
    refused: "x509: certificate signed by unknown authority",
  });
});

test("bytes that are no certificate are refused", () => {
  const verifier = createCertificateVerifier({ authorities: ca.certificate, clock });
  expect(verifier.verify([Buffer.from("no")])).toEqual({ refused: "x509: malformed certificate" });
  expect(verifier.verify([])).toEqual({ refused: "x509: malformed certificate" });
});
