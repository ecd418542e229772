/**
 * Who may approve, sign and vouch for certificates of a signer, and which subjects nobody gets.
 *
 * Upstream: plugin/pkg/admission/certificates/{approval,signing,subjectrestriction,ctbattest}/admission.go @1.36
 */
import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "@kubets/api";
import type { CertificateSigningRequest } from "@kubets/api/certificates/v1";
import { GROUP_MASTERS, type UserInfo } from "@kubets/authn";
import type { Authorizer } from "@kubets/authz";
import { readCertificateSigningRequest } from "@kubets/service";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts";

const GROUP = "certificates.k8s.io";
const API_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";

interface SignerOptions {
  readonly authorizer: Authorizer;
}

export function createCertificateApproval({ authorizer }: SignerOptions): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    handles: (operation, of, subresource) =>
      operation === "UPDATE" && isRequests(of) && subresource === "approval",
    async validate(request) {
      const { oldObject } = request;
      if (!isSigningRequest(oldObject)) return;
      const { signerName } = oldObject.spec;
      await checkSigner({
        request,
        authorizer,
        verb: "approve",
        signerName,
        what: "approve requests with",
      });
    },
  };
}

export function createCertificateSigning({ authorizer }: SignerOptions): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    handles: (operation, of, subresource) =>
      operation === "UPDATE" && isRequests(of) && subresource === "status",
    async validate(request) {
      const { object, oldObject } = request;
      if (!isSigningRequest(object) || !isSigningRequest(oldObject)) return;
      if (
        object.status?.certificate === oldObject.status?.certificate &&
        isDeepStrictEqual(object.status?.conditions ?? [], oldObject.status?.conditions ?? [])
      ) {
        return;
      }
      const { signerName } = oldObject.spec;
      await checkSigner({
        request,
        authorizer,
        verb: "sign",
        signerName,
        what: "sign requests with",
      });
    },
  };
}

export function createClusterTrustBundleAttest({ authorizer }: SignerOptions): AdmissionPlugin {
  return {
    name: "ClusterTrustBundleAttest",
    handles: (operation, { group, resource }, subresource) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      group === GROUP &&
      resource === "clustertrustbundles" &&
      subresource === "",
    async validate(request) {
      const { object, oldObject } = request;
      const signerName = signerOf(object);
      if (signerName === "") return;
      // Metadata alone may change without the right to vouch for the content.
      if (oldObject !== undefined && isDeepStrictEqual(specOf(object), specOf(oldObject))) return;
      await checkSigner({ request, authorizer, verb: "attest", signerName, what: "attest for" });
    },
  };
}

export function createCertificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: "CertificateSubjectRestriction",
    handles: (operation, of, subresource) =>
      operation === "CREATE" && isRequests(of) && subresource === "",
    async validate(request) {
      const { object } = request;
      if (!isSigningRequest(object) || object.spec.signerName !== API_CLIENT_SIGNER) return;
      const pem = Buffer.from(object.spec.request ?? "", "base64").toString("latin1");
      const wanted = await readCertificateSigningRequest(pem);
      if (wanted === undefined) {
        throw forbiddenByAdmission(
          request,
          "failed to parse CSR: PEM block type must be CERTIFICATE REQUEST",
        );
      }
      if (!wanted.organizations.includes(GROUP_MASTERS)) return;
      throw forbiddenByAdmission(
        request,
        `use of ${API_CLIENT_SIGNER} signer with ${GROUP_MASTERS} group is not allowed`,
      );
    },
  };
}

/** Upstream: pkg/apis/certificates/authorization/authorization.go IsAuthorizedForSignerName @1.36 */
async function checkSigner(of: {
  readonly request: AdmissionRequest;
  readonly authorizer: Authorizer;
  readonly verb: string;
  readonly signerName: string;
  readonly what: string;
}): Promise<void> {
  const { request, authorizer, verb, signerName, what } = of;
  const domain = signerName.split("/")[0] ?? "";
  for (const name of [signerName, `${domain}/*`]) {
    const decision = await authorizer.authorize(attributes(request.user, verb, name));
    if (decision.verdict === "allow") return;
  }
  throw forbiddenByAdmission(
    request,
    `user not permitted to ${what} signerName ${JSON.stringify(signerName)}`,
  );
}

function attributes(user: UserInfo, verb: string, name: string) {
  return {
    user,
    verb,
    isResourceRequest: true,
    apiGroup: GROUP,
    apiVersion: "*",
    resource: "signers",
    subresource: "",
    namespace: "",
    name,
    path: "",
  };
}

function isRequests({ group, resource }: { readonly group: string; readonly resource: string }) {
  return group === GROUP && resource === "certificatesigningrequests";
}

function isSigningRequest(object: KubeObject | undefined): object is CertificateSigningRequest {
  return object?.kind === "CertificateSigningRequest";
}

function specOf(object: KubeObject | undefined): unknown {
  return object !== undefined && "spec" in object ? object.spec : undefined;
}

function signerOf(object: KubeObject | undefined): string {
  const spec = specOf(object);
  if (typeof spec !== "object" || spec === null || !("signerName" in spec)) return "";
  return typeof spec.signerName === "string" ? spec.signerName : "";
}
