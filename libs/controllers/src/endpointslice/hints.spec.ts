import type { Node, Pod, Service } from "@kubets/api/core/v1";
import type { Endpoint, EndpointSlice } from "@kubets/api/discovery/v1";
import { describe, expect, it } from "vitest";
import { hintingOf, ownHints } from "./hints.ts";
import { planSlices, type SlicePlan } from "./plan.ts";
import { zoneShares } from "./zone-shares.ts";

const service = (
  annotations: Record<string, string> = {},
  trafficDistribution?: string,
): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default", uid: "s", annotations },
  spec: {
    clusterIP: "10.96.0.1",
    ipFamilies: ["IPv4"],
    selector: { app: "web" },
    ports: [{ port: 80, targetPort: 80, protocol: "TCP" }],
    ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
  },
});
const AUTO = { "service.kubernetes.io/topology-mode": "Auto" };

describe("what a Service asks for", () => {
  it.each([
    [{}, undefined, "none"],
    [{}, "PreferClose", "zone"],
    [{}, "PreferSameZone", "zone"],
    [{}, "PreferSameNode", "node"],
    [AUTO, undefined, "topology"],
    [AUTO, "PreferClose", "topology"],
    [{ "service.kubernetes.io/topology-mode": "Disabled" }, "PreferClose", "zone"],
    [{ "service.kubernetes.io/topology-aware-hints": "auto" }, undefined, "topology"],
  ])("%j and %s: %s", (annotations, distribution, expected) => {
    expect(hintingOf(service(annotations, distribution))).toBe(expected);
  });
});

describe("the hints of an endpoint", () => {
  const endpoint = (ready: boolean, zone?: string): Endpoint => ({
    addresses: ["10.0.0.1"],
    conditions: { ready },
    nodeName: "n1",
    ...(zone === undefined ? {} : { zone }),
  });
  it.each([
    ["its zone", "zone", endpoint(true, "a"), { forZones: [{ name: "a" }] }],
    [
      "its zone and node",
      "node",
      endpoint(true, "a"),
      { forZones: [{ name: "a" }], forNodes: [{ name: "n1" }] },
    ],
    ["its node where it has no zone", "node", endpoint(true), { forNodes: [{ name: "n1" }] }],
    ["nothing where it has no zone", "zone", endpoint(true), undefined],
    ["nothing while it is not ready", "node", endpoint(false, "a"), undefined],
  ] as const)("are %s", (_, hinting, input, expected) => {
    expect(ownHints(hinting, input)).toEqual(expected);
  });
});

const node = (name: string, zone: string, cpu: string, more: Partial<Node> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
  status: { allocatable: { cpu }, conditions: [{ type: "Ready", status: "True" }] },
  ...more,
});

describe("the zones' shares", () => {
  const controlPlane = {
    metadata: { name: "cp", labels: { "node-role.kubernetes.io/control-plane": "" } },
  };
  const unready = { status: { conditions: [{ type: "Ready", status: "False" }] } };
  it.each<[string, Node[], [string, number][] | undefined]>([
    [
      "are those of the CPU",
      [node("1", "a", "1"), node("2", "b", "2500m"), node("3", "b", "500m")],
      [
        ["a", 0.25],
        ["b", 0.75],
      ],
    ],
    [
      "leave out control planes and nodes that are not ready",
      [
        node("1", "a", "1"),
        node("2", "b", "1"),
        node("3", "c", "1", controlPlane),
        node("4", "", "0", unready),
      ],
      [
        ["a", 0.5],
        ["b", 0.5],
      ],
    ],
    ["are not known for one zone", [node("1", "a", "1"), node("2", "a", "1")], undefined],
    [
      "are not known where a node has no zone",
      [node("1", "a", "1"), node("2", "", "1")],
      undefined,
    ],
  ])("%s", (_, nodes, expected) => {
    const shares = zoneShares(nodes);
    expect(shares === undefined ? undefined : [...shares]).toEqual(expected);
  });
});

/** Pods by their zones: "aab" is two in a and one in b; capitals are not ready. */
const podsIn = (zones: string): Pod[] =>
  [...zones].map((zone, index) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${index}`, namespace: "default", uid: `p${index}` },
    spec: { containers: [], nodeName: `node-${zone.toLowerCase()}` },
    status: {
      phase: "Running",
      podIPs: [{ ip: `10.0.0.${index}` }],
      conditions: [{ type: "Ready", status: zone === zone.toLowerCase() ? "True" : "False" }],
    },
  }));
const SHARES = new Map([
  ["a", 0.5],
  ["b", 0.5],
]);
const plan = (
  zones: string,
  more: {
    slices?: EndpointSlice[];
    of?: Service;
    shares?: typeof SHARES;
    wasHinted?: boolean;
  } = {},
): SlicePlan =>
  planSlices({
    service: more.of ?? service(AUTO),
    pods: podsIn(zones),
    slices: more.slices ?? [],
    nodeOf: (name) => node(name, name.replace("node-", "").replace("-", ""), "1"),
    endpointsMax: 100,
    zoneShares: "shares" in more ? more.shares : SHARES,
    wasHinted: more.wasHinted ?? false,
  });
const hintsOf = (slices: readonly EndpointSlice[]): string =>
  slices
    .flatMap(({ endpoints = [] }) => endpoints)
    .map(({ hints }) => hints?.forZones?.[0]?.name ?? "-")
    .join("");
const stored = (slices: readonly EndpointSlice[]): EndpointSlice[] =>
  slices.map((slice, index) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `web-${index}`, uid: `u${index}` },
  }));

describe("topology hints", () => {
  it.each([
    ["keep endpoints in their zones where these are even", "aabb", "aabb"],
    ["give endpoints to a zone that lacks some", "aaab", "baab"],
    ["leave out those that are not ready", "abA", "ab-"],
  ])("%s", (_, zones, expected) => {
    const { create, isHinted, events } = plan(zones);
    expect([hintsOf(create), isHinted]).toEqual([expected, true]);
    expect(events).toEqual([
      {
        type: "Normal",
        reason: "TopologyAwareHintsEnabled",
        message: "Topology Aware Hints has been enabled, addressType: IPv4",
      },
    ]);
  });
  it.each([
    ["a", SHARES, "Insufficient number of endpoints (1 endpoints, 2 zones), addressType: IPv4"],
    [
      "aab",
      undefined,
      "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4",
    ],
    ["aab-", SHARES, "One or more endpoints do not have a zone specified, addressType: IPv4"],
    [
      "ab",
      new Map([
        ["a", 0.9],
        ["b", 0.1],
      ]),
      "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (2 endpoints, 2 zones), addressType: IPv4",
    ],
  ])("are refused to %s, with the reason", (zones, shares, message) => {
    const { create, isHinted, events } = plan(zones, { shares: shares as typeof SHARES });
    expect([hintsOf(create).replaceAll("-", ""), isHinted]).toEqual(["", false]);
    expect(events).toEqual([{ type: "Warning", reason: "TopologyAwareHintsDisabled", message }]);
  });
  it("stay as they are while they are fair, and are given anew when they are not", () => {
    const slices = stored(plan("aaab").create);
    expect(plan("aaab", { slices, wasHinted: true })).toMatchObject({ update: [], events: [] });
    const shares = new Map([
      ["a", 0.8],
      ["b", 0.2],
    ]);
    const { update } = plan("aaab", { slices, shares, wasHinted: true });
    expect(hintsOf(update)).toBe("aaab");
  });
  it("go when nobody asks for them any more", () => {
    const slices = stored(plan("aabb").create);
    const { update, events } = plan("aabb", { slices, of: service(), wasHinted: true });
    expect(hintsOf(update)).toBe("----");
    expect(events).toMatchObject([
      { message: "Topology Aware Hints has been disabled, addressType: IPv4" },
    ]);
  });
  it("of traffic distribution come and go with it", () => {
    const close = service({}, "PreferClose");
    const slices = stored(plan("aab", { of: close }).create);
    expect(hintsOf(slices)).toBe("aab");
    expect(plan("aab", { of: close, slices }).update).toEqual([]);
    expect(hintsOf(plan("aab", { of: service(), slices }).update)).toBe("---");
  });
});
