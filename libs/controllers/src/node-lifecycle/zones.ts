/**
 * How fast nodes may lose their pods, by how their zone is: when most of a zone is silent, the fault is more likely
 * between it and us, and when all zones are, nobody is emptied.
 *
 * Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go ComputeZoneState, handleDisruption @1.36
 */
import { LABEL_REGION, LABEL_ZONE } from "@kubets/api";
import type { Node } from "@kubets/api/core/v1";

export interface EvictionRates {
  /** --node-eviction-rate. Default 0.1. */
  readonly perSecond: number;
  /** --secondary-node-eviction-rate: in zones most of which is not healthy, if they are large. Default 0.01. */
  readonly secondaryPerSecond: number;
  /** --large-cluster-size-threshold: zones of so many nodes or fewer are not emptied then. Default 50. */
  readonly largeZoneNodes: number;
  /** --unhealthy-zone-threshold: so much of a zone, and at least three nodes, are most of it. Default 0.55. */
  readonly unhealthyShare: number;
}

export const DEFAULT_RATES: EvictionRates = {
  perSecond: 0.1,
  secondaryPerSecond: 0.01,
  largeZoneNodes: 50,
  unhealthyShare: 0.55,
};

const EXCLUDED_LABEL = "node.kubernetes.io/exclude-disruption";
const UNHEALTHY_MIN = 3;

export interface Zone {
  readonly nodes: number;
  readonly state: "normal" | "partial" | "full";
}

export const zoneKeyOf = ({ metadata }: Node): string =>
  `${metadata.labels?.[LABEL_REGION] ?? ""}/${metadata.labels?.[LABEL_ZONE] ?? ""}`;

/** By `zoneKeyOf`. */
export function zonesOf(nodes: readonly Node[], unhealthyShare: number): Map<string, Zone> {
  const counts = new Map<string, { ready: number; all: number }>();
  for (const node of nodes) {
    if (node.metadata.labels?.[EXCLUDED_LABEL] !== undefined) continue;
    const key = zoneKeyOf(node);
    const count = counts.get(key) ?? { ready: 0, all: 0 };
    counts.set(key, { ready: count.ready + (isReady(node) ? 1 : 0), all: count.all + 1 });
  }
  return new Map(
    [...counts].map(([key, { ready, all }]) => [
      key,
      { nodes: all, state: stateOf(all - ready, all, unhealthyShare) },
    ]),
  );
}

function stateOf(unhealthy: number, all: number, unhealthyShare: number): Zone["state"] {
  if (unhealthy === all) return "full";
  return unhealthy >= UNHEALTHY_MIN && unhealthy / all >= unhealthyShare ? "partial" : "normal";
}

/** How many nodes of this zone may begin to lose their pods in a second; 0: none. */
export function evictionsPerSecond(
  zones: ReadonlyMap<string, Zone>,
  key: string,
  rates: EvictionRates,
): number {
  if (isFullDisruption(zones)) return 0;
  const zone = zones.get(key);
  if (zone?.state !== "partial") return rates.perSecond;
  return zone.nodes > rates.largeZoneNodes ? rates.secondaryPerSecond : 0;
}

/** No node of any zone is Ready. */
export function isFullDisruption(zones: ReadonlyMap<string, Zone>): boolean {
  return zones.size > 0 && [...zones.values()].every(({ state }) => state === "full");
}

function isReady({ status }: Node): boolean {
  return (
    status?.conditions?.some(
      (condition) => condition.type === "Ready" && condition.status === "True",
    ) ?? false
  );
}
