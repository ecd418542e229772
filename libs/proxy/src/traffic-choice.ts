/**
 * Which endpoints take a Service's traffic: ready ones, or those that end but still serve when no other is there;
 * near ones when the slices say so; only this node's where a traffic policy asks for it.
 *
 * Upstream: pkg/proxy/topology.go CategorizeEndpoints @1.36
 */
import type { Endpoint } from "./endpoints.ts";
import { isExternal, type ServicePort } from "./service-port.ts";

export interface Place {
  readonly nodeName: string;
  readonly zone: string;
  /** The node's own. */
  readonly addresses: readonly string[];
}

export interface TrafficChoice {
  /** For the policy Cluster. */
  readonly cluster: readonly Endpoint[];
  /** For the policy Local. */
  readonly local: readonly Endpoint[];
  /** Somebody could answer, if not from here. */
  readonly hasAny: boolean;
}

export function chooseEndpoints(
  port: ServicePort,
  endpoints: readonly Endpoint[],
  place: Place,
): TrafficChoice {
  const near = nearFilter(endpoints, place);
  const usable = (candidates: readonly Endpoint[], accept: (endpoint: Endpoint) => boolean) => {
    const accepted = candidates.filter(accept);
    const ready = accepted.filter(({ isReady }) => isReady);
    return ready.length > 0
      ? ready
      : accepted.filter(({ isServing, isTerminating }) => isServing && isTerminating);
  };
  const usesLocal = port.internalLocal || (port.externalLocal && isExternal(port));
  const cluster = usable(endpoints, near);
  const local = usesLocal ? usable(endpoints, ({ isLocal }) => isLocal) : [];
  return { cluster, local, hasAny: cluster.length > 0 || local.length > 0 };
}

/** Hints count only when every ready endpoint has them and one of them points here; half of them would overload some. */
function nearFilter(
  endpoints: readonly Endpoint[],
  { nodeName, zone }: Place,
): (endpoint: Endpoint) => boolean {
  const ready = endpoints.filter(({ isReady }) => isReady);
  if (ready.length === 0) return () => true;
  const hintsPointHere = (hints: (endpoint: Endpoint) => readonly string[], here: string) =>
    here !== "" &&
    ready.every((endpoint) => hints(endpoint).length > 0) &&
    ready.some((endpoint) => hints(endpoint).includes(here));
  if (hintsPointHere(({ nodeHints }) => nodeHints, nodeName)) {
    return ({ nodeHints }) => nodeHints.includes(nodeName);
  }
  if (hintsPointHere(({ zoneHints }) => zoneHints, zone)) {
    return ({ zoneHints }) => zoneHints.includes(zone);
  }
  return () => true;
}
