/** Upstream: pkg/registry/core/service/storage/alloc.go allocClusterIPs, updateClusterIPs @1.36 */
import { internalError, invalid } from "@kubets/api";
import type { ServiceSpec } from "@kubets/api/core/v1";
import { keepsPreferDualStack } from "./ip-families.ts";
import type { IPRange } from "./ip-range.ts";
import { allocateNext, rangeOffset } from "./numbered-allocator.ts";
import type { ServiceReservation } from "./service-allocations.ts";
import { heldClusterIPs, isHeadless } from "./service-draft.ts";

/** Takes the addresses that `spec` names or lacks, and lets go of those that it no longer has. */
export async function reserveClusterIPs(
  spec: ServiceSpec,
  old: Readonly<ServiceSpec> | undefined,
  reservation: ServiceReservation,
): Promise<void> {
  if (keepsPreferDualStack(spec, old)) return;
  const held = old === undefined ? [] : heldClusterIPs(old);
  if (spec.type === "ExternalName") {
    for (const ip of held) reservation.release(reservation.pools.ips, ip);
    return;
  }
  if (isHeadless(spec) || (old !== undefined && old.type !== "ExternalName" && isHeadless(old))) {
    return;
  }
  const ips = [...(spec.clusterIPs ?? [])];
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    const wanted = ips[i] ?? "";
    if (held.includes(wanted)) continue;
    const range = reservation.pools.ranges.find((one) => one.family === family);
    if (range === undefined) continue;
    ips[i] =
      wanted === ""
        ? await takeNext(range, reservation)
        : await takeWanted(range, wanted, spec, reservation);
  }
  spec.clusterIPs = ips;
  if (ips[0] !== undefined) spec.clusterIP = ips[0];
  for (const ip of held) {
    if (!ips.includes(ip)) reservation.release(reservation.pools.ips, ip);
  }
}

async function takeNext(range: IPRange, reservation: ServiceReservation): Promise<string> {
  const { pools, owner, dryRun } = reservation;
  const numbered = {
    size: range.size,
    offset: rangeOffset(range.size, { step: 16, min: 16, max: 256 }),
    at: range.at,
  };
  const { randomness } = pools;
  const ip = await allocateNext(pools.ips, numbered, { owner, randomness, dryRun });
  if (ip === undefined) throw internalError("failed to allocate a serviceIP: range is full");
  reservation.took(pools.ips, ip);
  return ip;
}

async function takeWanted(
  range: IPRange,
  ip: string,
  spec: Readonly<ServiceSpec>,
  reservation: ServiceReservation,
): Promise<string> {
  let why: string;
  if (!range.contains(ip)) {
    why = `the provided IP is not in the valid range. The range of valid IPs is ${range.cidr}`;
  } else if (await reservation.take(reservation.pools.ips, ip)) return ip;
  else why = "provided IP is already allocated";
  throw invalid({ group: "", kind: "Service" }, reservation.owner.name, [
    {
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(spec.clusterIPs)}: failed to allocate IP ${ip}: ${why}`,
      field: "spec.clusterIPs",
    },
  ]);
}
