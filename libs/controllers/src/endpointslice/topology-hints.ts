/**
 * Shares a Service's endpoints out among zones by their CPU, so that most requests stay in their zone and no zone's
 * endpoints get more than a fifth above their share. Slices that need not change keep their hints.
 *
 * Upstream: k8s.io/endpointslice/topologycache/{topologycache,utils,sliceinfo}.go @1.36
 */
import type { Endpoint, EndpointSlice } from "@kubets/api/discovery/v1";

/** By how much endpoints of a zone may be overloaded. */
const OVERLOAD = 0.2;

export interface TopologyInput {
  /** Undefined: the nodes do not say enough. */
  readonly shares: ReadonlyMap<string, number> | undefined;
  /** Slices that are written anyway, and those that would stay as they are; all of one address family. */
  readonly written: readonly EndpointSlice[];
  readonly unchanged: readonly EndpointSlice[];
}

export type TopologyHints =
  | { readonly kind: "given"; readonly hinted: ReadonlyMap<EndpointSlice, EndpointSlice> }
  | { readonly kind: "refused"; readonly message: string };

interface Allocation {
  readonly desired: number;
  readonly maximum: number;
}

/** Gives back the slices that have other endpoints than before, by what they were. */
export function topologyHints(input: TopologyInput): TopologyHints {
  const all = [...input.written, ...input.unchanged];
  const endpoints = all.flatMap((slice) => (slice.endpoints ?? []).filter(isReady));
  const allocations = allocate(input.shares, endpoints.length);
  if (typeof allocations === "string") return { kind: "refused", message: allocations };
  const given = new Map<string, number>();
  const open = [...input.written];
  for (const slice of input.unchanged) {
    const zones = settledZones(slice, given, allocations);
    if (zones === undefined) open.push(slice);
    else for (const [zone, count] of zones) given.set(zone, (given.get(zone) ?? 0) + count);
  }
  const drafts = open.map((slice) => ({
    slice,
    zones: (slice.endpoints ?? []).map((each) => (isReady(each) ? each.zone : undefined)),
  }));
  for (const { slice, zones } of drafts) {
    for (const [at, endpoint] of (slice.endpoints ?? []).entries()) {
      if (!isReady(endpoint)) continue;
      const zone = zones[at] ?? "";
      if (zone === "") {
        return {
          kind: "refused",
          message: "One or more endpoints do not have a zone specified",
        };
      }
      given.set(zone, (given.get(zone) ?? 0) + 1);
    }
  }
  if (given.size === 0) return { kind: "refused", message: "No hints allocated for zones" };
  const { giving, receiving } = surplusAndNeed(allocations, given);
  for (const { zones } of drafts) {
    for (const [at, zone] of zones.entries()) {
      if (zone === undefined || (giving.get(zone) ?? 0) === 0) continue;
      const [receiver] = [...receiving].find(([, count]) => count > 0) ?? [];
      if (receiver === undefined) break;
      zones[at] = receiver;
      giving.set(zone, (giving.get(zone) ?? 0) - 1);
      receiving.set(receiver, (receiving.get(receiver) ?? 0) - 1);
    }
  }
  const hinted = new Map(
    drafts.map(({ slice, zones }) => [
      slice,
      { ...slice, endpoints: (slice.endpoints ?? []).map((each, at) => forZone(each, zones[at])) },
    ]),
  );
  return { kind: "given", hinted };
}

/** The same object where it has no hints. */
export function withoutHints(slice: EndpointSlice): EndpointSlice {
  const endpoints = slice.endpoints ?? [];
  if (endpoints.every(({ hints }) => hints === undefined)) return slice;
  return { ...slice, endpoints: endpoints.map((endpoint) => forZone(endpoint, undefined)) };
}

function forZone({ hints: _, ...endpoint }: Endpoint, zone: string | undefined): Endpoint {
  return zone === undefined ? endpoint : { ...endpoint, hints: { forZones: [{ name: zone }] } };
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready === true;
}

/** How many endpoints each zone should have, and at most; or why that cannot be said. */
function allocate(
  shares: ReadonlyMap<string, number> | undefined,
  endpoints: number,
): Map<string, Allocation> | string {
  if (shares === undefined) {
    return "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
  }
  const figures = `(${endpoints} endpoints, ${shares.size} zones)`;
  if (shares.size > endpoints) return `Insufficient number of endpoints ${figures}`;
  const minimums = new Map(
    [...shares].map(([zone, share]) => [zone, Math.ceil((share * endpoints) / (1 + OVERLOAD))]),
  );
  const spare = endpoints - [...minimums.values()].reduce((sum, each) => sum + each, 0);
  if (spare < 0) {
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${figures}`;
  }
  return new Map(
    [...shares].map(([zone, share]) => {
      const minimum = minimums.get(zone) ?? 0;
      return [zone, { desired: Math.max(share * endpoints, minimum), maximum: minimum + spare }];
    }),
  );
}

/** The zones that a slice's hints name, when they can stay: every ready endpoint has one and no zone gets too many. */
function settledZones(
  { endpoints }: EndpointSlice,
  given: ReadonlyMap<string, number>,
  allocations: ReadonlyMap<string, Allocation>,
): Map<string, number> | undefined {
  const zones = new Map<string, number>();
  for (const endpoint of endpoints ?? []) {
    if (!isReady(endpoint)) continue;
    const forZones = endpoint.hints?.forZones ?? [];
    if (forZones.length === 0) return undefined;
    for (const { name } of forZones) {
      if (!allocations.has(name)) return undefined;
      zones.set(name, (zones.get(name) ?? 0) + 1);
    }
  }
  for (const [zone, count] of zones) {
    const maximum = allocations.get(zone)?.maximum ?? 0;
    if (count + (given.get(zone) ?? 0) > maximum) return undefined;
  }
  return zones;
}

/** Endpoints that zones give to others: at each step from who has most too many to who lacks most. */
function surplusAndNeed(
  allocations: ReadonlyMap<string, Allocation>,
  given: ReadonlyMap<string, number>,
): { giving: Map<string, number>; receiving: Map<string, number> } {
  const surplus = new Map<string, number>();
  const need = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const difference = (given.get(zone) ?? 0) - desired;
    if (difference > 0) surplus.set(zone, difference);
    else if (difference < 0) need.set(zone, -difference);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [from, most] = largest(surplus);
    const [to, least] = largest(need);
    if (from === undefined || to === undefined) break;
    if ((most < 1 && least < 1) || most < 0.5 || least < 0.5) break;
    giving.set(from, (giving.get(from) ?? 0) + 1);
    surplus.set(from, most - 1);
    receiving.set(to, (receiving.get(to) ?? 0) + 1);
    need.set(to, least - 1);
  }
  return { giving, receiving };
}

function largest(counts: ReadonlyMap<string, number>): [string | undefined, number] {
  let [zone, most]: [string | undefined, number] = [undefined, 0];
  for (const [each, count] of counts) if (count > most) [zone, most] = [each, count];
  return [zone, most];
}
