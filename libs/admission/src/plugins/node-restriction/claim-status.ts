import { isDeepStrictEqual } from "node:util";
import type { PersistentVolumeClaim } from "@kubets/api/core/v1";
import { forbiddenByAdmission } from "../../forbidden-by-admission.ts";
import { isClaim } from "../../object-kinds.ts";
import type { NodeRequest } from "./node-restriction.ts";

/** A kubelet reports how far a volume's growth has come, and nothing else. */
export function admitClaimStatus({ request, nodeName }: NodeRequest): void {
  const { object: claim, oldObject: old, operation, subresource } = request;
  if (subresource !== "status") {
    throw forbiddenByAdmission(request, "may only update PVC status");
  }
  if (operation !== "UPDATE") {
    throw forbiddenByAdmission(request, `unexpected operation ${JSON.stringify(operation)}`);
  }
  if (!isClaim(claim) || !isClaim(old)) throw forbiddenByAdmission(request, "unexpected type");
  if (isDeepStrictEqual(comparable(claim), comparable(old))) return;
  throw forbiddenByAdmission(
    request,
    `node ${JSON.stringify(nodeName)} is not allowed to update fields other than status.capacity and status.conditions`,
  );
}

/** Without what may change, and without what the server itself keeps. */
function comparable(claim: PersistentVolumeClaim): unknown {
  const { resourceVersion: _, managedFields: __, ...metadata } = claim.metadata;
  const { status = {} } = claim;
  const {
    capacity: ___,
    conditions: ____,
    allocatedResources: _____,
    allocatedResourceStatuses: ______,
    ...rest
  } = status;
  return { ...claim, metadata, status: rest };
}
