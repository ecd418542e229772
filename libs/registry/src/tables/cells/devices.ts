/** Dynamic resource allocation. Upstream: pkg/printers/internalversion/printers.go @1.36 */
import type { DeviceClass, ResourceClaim, ResourceSlice } from "@kubets/api/resource/v1";
import { since } from "../human-duration.ts";

/** Device classes, claim templates and workloads show no more than this. */
export function nameAndAgeCells(
  { metadata }: Pick<DeviceClass, "metadata">,
  nowMs: number,
): unknown[] {
  return [metadata.name, since(metadata.creationTimestamp, nowMs)];
}

export function resourceClaimCells(claim: ResourceClaim, nowMs: number): unknown[] {
  const { metadata } = claim;
  return [metadata.name, claimState(claim), since(metadata.creationTimestamp, nowMs)];
}
function claimState({ metadata, status }: ResourceClaim): string {
  const isEnding = metadata.deletionTimestamp !== undefined;
  const states = isEnding ? ["deleted"] : [];
  if (status?.allocation === undefined) {
    if (!isEnding) states.push("pending");
  } else {
    states.push("allocated");
    if ((status.reservedFor?.length ?? 0) > 0) states.push("reserved");
  }
  return states.join(",");
}

export function resourceSliceCells({ metadata, spec }: ResourceSlice, nowMs: number): unknown[] {
  return [
    metadata.name,
    spec?.nodeName ?? "",
    spec?.driver ?? "",
    spec?.pool?.name ?? "",
    since(metadata.creationTimestamp, nowMs),
  ];
}
