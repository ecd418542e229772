/**
 * Each zone's share of the CPU of all nodes.
 *
 * Upstream: k8s.io/endpointslice/topologycache/topologycache.go SetNodes @1.36
 */
import { LABEL_ZONE, quantityMilli } from "@kubets/api";
import type { Node } from "@kubets/api/core/v1";

const EXCLUDED_LABELS = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/** Undefined where a ready node says no zone or no CPU, or where there is only one zone. */
export function zoneShares(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const milliPerZone = new Map<string, number>();
  let total = 0;
  for (const { metadata, status } of nodes) {
    const { labels = {} } = metadata;
    const isReady = status?.conditions?.some(
      (condition) => condition.type === "Ready" && condition.status === "True",
    );
    if (isReady !== true || EXCLUDED_LABELS.some((label) => label in labels)) continue;
    const zone = labels[LABEL_ZONE] ?? "";
    const milli = Number(quantityMilli(status?.allocatable?.cpu ?? 0));
    if (zone === "" || milli === 0) return undefined;
    milliPerZone.set(zone, (milliPerZone.get(zone) ?? 0) + milli);
    total += milli;
  }
  if (milliPerZone.size < 2) return undefined;
  return new Map([...milliPerZone].sort().map(([zone, milli]) => [zone, milli / total]));
}
