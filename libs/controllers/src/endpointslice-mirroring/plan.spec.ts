import type { EndpointSubset, Endpoints } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { describe, expect, it } from "vitest";
import { isMirrored, planMirror } from "./plan.ts";

const endpoints = (
  subsets: EndpointSubset[],
  metadata: Partial<Endpoints["metadata"]> = {},
): Endpoints => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "db", namespace: "default", uid: "e", ...metadata },
  subsets,
});
const http = [{ name: "http", port: 80, protocol: "TCP" }];
const plan = (of: Endpoints, slices: EndpointSlice[] = [], endpointsMax = 3) =>
  planMirror({ endpoints: of, slices, endpointsMax });
/** "family port: address[ready]" of each slice. */
const shown = (slices: readonly EndpointSlice[]) =>
  slices.map(
    ({ addressType, ports, endpoints: members = [] }) =>
      `${addressType} ${ports?.[0]?.port}: ${members
        .map((each) => `${each.addresses[0]}${each.conditions?.ready === true ? "" : " not ready"}`)
        .join(", ")}`,
  );
const stored = (of: Endpoints): EndpointSlice[] =>
  plan(of).create.map((slice, index) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `db-${index}`, uid: `u${index}` },
  }));

describe("the slices that mirror Endpoints", () => {
  it.each<[string, EndpointSubset[], string[]]>([
    [
      "are one for each family and set of ports",
      [
        { addresses: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }], ports: http },
        { addresses: [{ ip: "10.0.0.2" }], ports: [{ port: 5432 }] },
      ],
      ["IPv4 80: 10.0.0.1", "IPv6 80: fd00::1", "IPv4 5432: 10.0.0.2"],
    ],
    [
      "hold those that are not ready too",
      [{ addresses: [{ ip: "10.0.0.1" }], notReadyAddresses: [{ ip: "10.0.0.2" }], ports: http }],
      ["IPv4 80: 10.0.0.1, 10.0.0.2 not ready"],
    ],
    [
      "hold an address once: not ready if it is listed as both",
      [{ addresses: [{ ip: "10.0.0.1" }], notReadyAddresses: [{ ip: "10.0.0.1" }], ports: http }],
      ["IPv4 80: 10.0.0.1 not ready"],
    ],
    ["are none for no addresses", [{ ports: http }], []],
  ])("%s", (_, subsets, expected) => {
    expect(shown(plan(endpoints(subsets)).create)).toEqual(expected);
  });

  it("carry the labels and annotations of the Endpoints, but not those of their making", () => {
    const [slice] = plan(
      endpoints([{ addresses: [{ ip: "10.0.0.1" }], ports: http }], {
        labels: { team: "a" },
        annotations: {
          note: "b",
          "kubectl.kubernetes.io/last-applied-configuration": "{}",
          "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z",
        },
      }),
    ).create;
    expect(slice?.metadata).toMatchObject({
      generateName: "db-",
      labels: {
        team: "a",
        "kubernetes.io/service-name": "db",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
      },
      ownerReferences: [{ kind: "Endpoints", name: "db", controller: true }],
    });
    expect(slice?.metadata.annotations).toEqual({ note: "b" });
  });

  const one: EndpointSubset = { addresses: [{ ip: "10.0.0.1" }], ports: http };
  const two: EndpointSubset = { addresses: [{ ip: "10.0.0.2" }], ports: http };
  const other: EndpointSubset = { addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 81 }] };
  it.each<[string, Endpoints, object]>([
    ["stay as they are", endpoints([one]), { create: [], update: [], delete: [] }],
    [
      "change with the addresses",
      endpoints([two]),
      { create: [], update: [{ metadata: { name: "db-0" } }], delete: [] },
    ],
    [
      "change with the labels",
      endpoints([one], { labels: { a: "b" } }),
      { create: [], update: [{ metadata: { name: "db-0", labels: { a: "b" } } }], delete: [] },
    ],
    [
      "are used again for other ports",
      endpoints([other]),
      { create: [], update: [{ metadata: { name: "db-0" }, ports: [{ port: 81 }] }], delete: [] },
    ],
    [
      "get a new owner when the Endpoints were made anew",
      endpoints([one], { uid: "new" }),
      { update: [{ metadata: { ownerReferences: [{ uid: "new" }] } }] },
    ],
    ["go with the last address", endpoints([]), { create: [], update: [], delete: [{}] }],
  ])("%s", (_, of, expected) => {
    expect(plan(of, stored(endpoints([one])))).toMatchObject(expected);
  });

  it("leave out what is no address and what is too much, and say so", () => {
    const addresses = ["x", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"].map((ip) => ({ ip }));
    const planned = plan(endpoints([{ addresses, ports: http }]));
    expect(shown(planned.create)).toEqual(["IPv4 80: 10.0.0.1, 10.0.0.2, 10.0.0.3"]);
    expect(planned.warnings).toEqual([
      {
        reason: "InvalidIPAddress",
        message: "Skipped 1 invalid IP addresses when mirroring to EndpointSlices",
      },
      {
        reason: "TooManyAddressesToMirror",
        message:
          "A max of 3 addresses can be mirrored to EndpointSlices per Endpoints subset. 2 addresses were skipped",
      },
    ]);
  });
});

describe("Endpoints are left alone", () => {
  it.each([
    ["when they say so", { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } }, false],
    [
      "when they serve as a lock",
      { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } },
      false,
    ],
    ["not otherwise", {}, true],
  ])("%s", (_, metadata, expected) => {
    expect(isMirrored(endpoints([], metadata))).toBe(expected);
  });
});
