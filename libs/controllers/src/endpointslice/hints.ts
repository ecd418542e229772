/**
 * Which clients an endpoint is for, as a Service asks: those of its zone or node, or zones by their share of CPU.
 *
 * Upstream: k8s.io/endpointslice/trafficdist/trafficdist.go, utils.go hintsEnabled @1.36
 */
import type { Service } from "@kubets/api/core/v1";
import type { Endpoint, EndpointHints } from "@kubets/api/discovery/v1";

/** "topology": by the zones' shares of CPU. "zone" and "node": where the endpoint is. */
export type Hinting = "none" | "zone" | "node" | "topology";

const TOPOLOGY_ANNOTATIONS = [
  "service.kubernetes.io/topology-aware-hints",
  "service.kubernetes.io/topology-mode",
];
const DISTRIBUTIONS: Readonly<Record<string, Hinting>> = {
  PreferClose: "zone",
  PreferSameZone: "zone",
  PreferSameNode: "node",
};

export function hintingOf({ metadata, spec }: Service): Hinting {
  const [mode] = TOPOLOGY_ANNOTATIONS.map((name) => metadata.annotations?.[name]).filter(
    (value) => value !== undefined,
  );
  if (mode === "Auto" || mode === "auto") return "topology";
  return DISTRIBUTIONS[spec?.trafficDistribution ?? ""] ?? "none";
}

/** Endpoints that are not ready have none; topology hints are given when all endpoints are known. */
export function ownHints(
  hinting: Hinting,
  { conditions, zone, nodeName }: Endpoint,
): EndpointHints | undefined {
  if (conditions?.ready !== true || hinting === "none" || hinting === "topology") return undefined;
  const forNodes = hinting === "node" && nodeName !== undefined ? [{ name: nodeName }] : undefined;
  if (zone === undefined && forNodes === undefined) return undefined;
  return {
    ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
    ...(forNodes === undefined ? {} : { forNodes }),
  };
}
