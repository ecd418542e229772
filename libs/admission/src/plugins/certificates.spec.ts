import "reflect-metadata";
import type { CertificateSigningRequest } from "@kubets/api/certificates/v1";
import type { Attributes, Authorizer } from "@kubets/authz";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { expect, test } from "vitest";
import { chainPlugins } from "../admission-chain.ts";
import { named, request } from "../testing/requests.ts";
import {
  createCertificateApproval,
  createCertificateSigning,
  createCertificateSubjectRestriction,
  createClusterTrustBundleAttest,
} from "./certificates.ts";

const SIGNER = "example.com/special";

/** Allows the listed "verb name" pairs on signers. */
function allowing(...pairs: string[]): Authorizer & { asked: Attributes[] } {
  const asked: Attributes[] = [];
  return {
    name: "test",
    asked,
    authorize: (attributes) => {
      asked.push(attributes);
      const allowed = pairs.includes(`${attributes.verb} ${attributes.name}`);
      return { verdict: allowed ? "allow" : "noOpinion", reason: "" };
    },
  };
}

function signingRequest(over: Partial<CertificateSigningRequest> = {}): CertificateSigningRequest {
  return {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "csr" },
    spec: { request: "", signerName: SIGNER, usages: [] },
    ...over,
  };
}

test.each([`approve ${SIGNER}`, "approve example.com/*"])(
  "%s is enough to approve",
  async (pair) => {
    const chain = chainPlugins([createCertificateApproval({ authorizer: allowing(pair) })]);
    const oldObject = signingRequest();
    await expect(
      chain.validate(
        request("UPDATE certificatesigningrequests/approval.certificates.k8s.io", {
          object: oldObject,
          oldObject,
          subresource: "approval",
          resource: {
            group: "certificates.k8s.io",
            version: "v1",
            resource: "certificatesigningrequests",
          },
        }),
      ),
    ).resolves.toBeUndefined();
  },
);

const csr = (subresource: string) => ({
  subresource,
  resource: { group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests" },
});

test("without the right nobody approves, signs or vouches", async () => {
  const authorizer = allowing();
  const chain = chainPlugins([
    createCertificateApproval({ authorizer }),
    createCertificateSigning({ authorizer }),
    createClusterTrustBundleAttest({ authorizer }),
  ]);
  const oldObject = signingRequest();
  const signed = signingRequest({ status: { certificate: "Y2VydA==" } });
  await expect(
    chain.validate(request("UPDATE x", { object: oldObject, oldObject, ...csr("approval") })),
  ).rejects.toMatchObject({
    code: 403,
    message: `certificatesigningrequests.certificates.k8s.io "csr" is forbidden: user not permitted to approve requests with signerName "${SIGNER}"`,
  });
  await expect(
    chain.validate(request("UPDATE x", { object: signed, oldObject, ...csr("status") })),
  ).rejects.toMatchObject({
    message: `certificatesigningrequests.certificates.k8s.io "csr" is forbidden: user not permitted to sign requests with signerName "${SIGNER}"`,
  });
  await expect(
    chain.validate(request("UPDATE x", { object: oldObject, oldObject, ...csr("status") })),
  ).resolves.toBeUndefined();
  const bundle = {
    ...named("certificates.k8s.io/v1beta1", "ClusterTrustBundle", "b"),
    spec: { signerName: SIGNER, trustBundle: "x" },
  };
  await expect(
    chain.validate(request("CREATE clustertrustbundles.certificates.k8s.io", { object: bundle })),
  ).rejects.toMatchObject({
    message: `clustertrustbundles.certificates.k8s.io "b" is forbidden: user not permitted to attest for signerName "${SIGNER}"`,
  });
  await expect(
    chain.validate(
      request("UPDATE clustertrustbundles.certificates.k8s.io", {
        object: bundle,
        oldObject: bundle,
      }),
    ),
  ).resolves.toBeUndefined();
});

async function pkcs10(name: string): Promise<string> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const made = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return Buffer.from(made.toString("pem")).toString("base64");
}

test.each([
  ["CN=jane, O=dev", "kubernetes.io/kube-apiserver-client", undefined],
  [
    "CN=jane, O=system:masters",
    "kubernetes.io/kube-apiserver-client",
    "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed",
  ],
  ["CN=jane, O=system:masters", SIGNER, undefined],
])("a certificate for %s from %s", async (subject, signerName, refused) => {
  const chain = chainPlugins([createCertificateSubjectRestriction()]);
  const object = signingRequest({
    spec: { request: await pkcs10(subject), signerName, usages: [] },
  });
  const validated = chain.validate(request("CREATE x", { object, ...csr("") }));
  if (refused === undefined) await expect(validated).resolves.toBeUndefined();
  else await expect(validated).rejects.toMatchObject({ message: expect.stringContaining(refused) });
});

test("a request that cannot be read is refused", async () => {
  const chain = chainPlugins([createCertificateSubjectRestriction()]);
  const object = signingRequest({
    spec: {
      request: "bm90aGluZw==",
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: [],
    },
  });
  await expect(chain.validate(request("CREATE x", { object, ...csr("") }))).rejects.toMatchObject({
    code: 403,
    message: expect.stringContaining("failed to parse CSR"),
  });
});
