import type { KubeObject } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import type { Pod, Volume } from "@kubets/api/core/v1";
import {
  type AdmissionReader,
  csiDrivers,
  persistentVolumeClaims,
  persistentVolumes,
} from "../../admission-reader.ts";
import { forbiddenByAdmission } from "../../forbidden-by-admission.ts";
import type { NodeRequest } from "./node-restriction.ts";
import { withPod } from "./pod-writes.ts";

/** A kubelet gets tokens for its own pods only, bound to them, and for audiences that they name. */
export async function admitTokenRequest(of: NodeRequest): Promise<void> {
  const { request, nodeName } = of;
  const { object } = request;
  if (request.operation !== "CREATE" || request.subresource !== "token") return;
  if (!isTokenRequest(object)) throw forbiddenByAdmission(request, "unexpected type");
  const bound = object.spec?.boundObjectRef;
  const name = bound?.name ?? "";
  if (bound?.apiVersion !== "v1" || bound.kind !== "Pod" || name === "") {
    throw forbiddenByAdmission(request, "node requested token not bound to a pod");
  }
  const uid = bound.uid ?? "";
  if (uid === "") {
    throw forbiddenByAdmission(request, "node requested token with a pod binding without a uid");
  }
  let found: Pod | undefined;
  await withPod(of, name, (pod) => {
    if (pod.metadata.uid !== uid) {
      throw forbiddenByAdmission(
        request,
        `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    if (pod.spec?.nodeName !== nodeName) {
      throw forbiddenByAdmission(
        request,
        "node requested token bound to a pod scheduled on a different node",
      );
    }
    found = pod;
  });
  if (found !== undefined) await checkAudience(of, object, found);
}

/** Upstream: the ServiceAccountNodeAudienceRestriction feature, validateNodeServiceAccountAudience @1.36 */
async function checkAudience(of: NodeRequest, token: TokenRequest, pod: Pod): Promise<void> {
  const { request, reader, authorizer } = of;
  const audiences = token.spec?.audiences ?? [];
  if (audiences.length > 1) {
    throw forbiddenByAdmission(request, "node may only request 0 or 1 audiences");
  }
  const audience = audiences[0] ?? "";
  for (const volume of pod.spec?.volumes ?? []) {
    if (namesAudience(reader, pod, volume, audience)) return;
  }
  const decision = await authorizer.authorize({
    user: request.user,
    verb: "request-serviceaccounts-token-audience",
    isResourceRequest: true,
    apiGroup: "",
    apiVersion: "*",
    resource: audience,
    subresource: "",
    namespace: request.namespace,
    name: request.name,
    path: "",
  });
  if (decision.verdict === "allow") return;
  throw forbiddenByAdmission(
    request,
    `audience ${JSON.stringify(audience)} not found in pod spec volume`,
  );
}

function namesAudience(
  reader: AdmissionReader,
  pod: Pod,
  volume: Volume,
  audience: string,
): boolean {
  const projected = volume.projected?.sources ?? [];
  if (
    projected.some(
      ({ serviceAccountToken: token }) =>
        token !== undefined && (token.audience ?? "") === audience,
    )
  ) {
    return true;
  }
  const driver = volume.csi?.driver ?? claimDriver(reader, pod, volume);
  if (driver === undefined) return false;
  const requests = reader.peek(csiDrivers, "", driver)?.spec.tokenRequests ?? [];
  return requests.some((each) => each.audience === audience);
}

/** The CSI driver behind a claim, or behind the claim that an ephemeral volume stands for. */
function claimDriver(reader: AdmissionReader, pod: Pod, volume: Volume): string | undefined {
  const claimName =
    volume.persistentVolumeClaim?.claimName ??
    (volume.ephemeral === undefined ? undefined : `${pod.metadata.name ?? ""}-${volume.name}`);
  if (claimName === undefined) return undefined;
  const claim = reader.peek(persistentVolumeClaims, pod.metadata.namespace ?? "", claimName);
  const volumeName = claim?.spec?.volumeName ?? "";
  if (volumeName === "") return undefined;
  return reader.peek(persistentVolumes, "", volumeName)?.spec?.csi?.driver;
}

function isTokenRequest(object: KubeObject | undefined): object is TokenRequest {
  return object?.kind === "TokenRequest";
}
