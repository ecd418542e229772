/** Upstream: pkg/proxy/topology_test.go TestCategorizeEndpoints @1.36, by the facts. */
import { describe, expect, it } from "vitest";
import type { Endpoint } from "./endpoints.ts";
import type { ServicePort } from "./service-port.ts";
import { servicePorts } from "./service-port.ts";
import { service } from "./testing/objects.ts";
import { chooseEndpoints } from "./traffic-choice.ts";

const endpoint = (last: number, more: Partial<Endpoint> = {}): Endpoint => ({
  address: `10.1.2.${last}`,
  port: 80,
  isLocal: false,
  isReady: true,
  isServing: true,
  isTerminating: false,
  zoneHints: [],
  nodeHints: [],
  ...more,
});
const zone = (...zoneHints: string[]) => ({ zoneHints });
const node = (...nodeHints: string[]) => ({ nodeHints });
const local = { isLocal: true };
const ending = { isReady: false, isServing: true, isTerminating: true };
const dead = { isReady: false, isServing: false, isTerminating: true };
const unready = { isReady: false, isServing: false };

const port = (policies: Partial<ServicePort> = {}): ServicePort => {
  const [first] = servicePorts(service("web", { type: "NodePort" }), "ip");
  if (first === undefined) throw new Error("the Service has no port");
  return { ...first, ...policies };
};
const internal = { internalLocal: true };
const external = { externalLocal: true, nodePort: 30_080 };

/** What is there, the policies, and the last numbers of the addresses that take traffic; "any": somebody anywhere can. */
const cases: readonly [string, Partial<ServicePort>, readonly Endpoint[], object][] = [
  [
    "zone hints that all have and one of which is ours",
    {},
    [endpoint(3, zone("a")), endpoint(4, zone("b")), endpoint(5, zone("a", "c"))],
    { cluster: [3, 5] },
  ],
  [
    "zone hints of which none is ours",
    {},
    [endpoint(3, zone("b")), endpoint(4, zone("c"))],
    { cluster: [3, 4] },
  ],
  [
    "zone hints that one lacks",
    {},
    [endpoint(3, zone("a")), endpoint(4), endpoint(5, zone("b"))],
    { cluster: [3, 4, 5] },
  ],
  [
    "a hint missing only on one that is not ready",
    {},
    [endpoint(3, zone("a")), endpoint(4, unready), endpoint(5, zone("b"))],
    { cluster: [3] },
  ],
  [
    "node hints before zone hints",
    {},
    [
      endpoint(3, { ...zone("a"), ...node("node-1") }),
      endpoint(4, { ...zone("a"), ...node("node-2") }),
    ],
    { cluster: [3] },
  ],
  [
    "zone hints where no node hint is ours",
    {},
    [
      endpoint(3, { ...zone("a"), ...node("node-2") }),
      endpoint(4, { ...zone("b"), ...node("node-3") }),
    ],
    { cluster: [3] },
  ],
  [
    "a near one that is not ready",
    {},
    [endpoint(3, { ...zone("a"), ...ending }), endpoint(4, zone("b"))],
    { cluster: [4] },
  ],
  [
    "only ones that end, whatever their hints",
    {},
    [endpoint(3, { ...zone("a"), ...ending }), endpoint(4, { ...zone("b"), ...ending })],
    { cluster: [3, 4] },
  ],
  ["ready ones before those that end", {}, [endpoint(3, ending), endpoint(4)], { cluster: [4] }],
  [
    "none that serves",
    {},
    [endpoint(3, dead), endpoint(4, unready)],
    { cluster: [], hasAny: false },
  ],
  [
    "internal policy Local",
    internal,
    [endpoint(3, local), endpoint(4)],
    { local: [3], hasAny: true },
  ],
  [
    "internal policy Local and nobody here",
    internal,
    [endpoint(3), endpoint(4, ending)],
    { local: [], hasAny: true },
  ],
  [
    "internal policy Local and one that ends here",
    internal,
    [endpoint(3, { ...local, ...ending }), endpoint(4)],
    { local: [3] },
  ],
  [
    "external policy Local",
    external,
    [endpoint(3, local), endpoint(4), endpoint(5, { ...local, ...ending })],
    { cluster: [3, 4], local: [3] },
  ],
  [
    "external policy Local without anything external",
    { externalLocal: true, nodePort: 0 },
    [endpoint(3, local), endpoint(4)],
    { cluster: [3, 4], local: [] },
  ],
  [
    "external policy Local beside hints: those are no matter for who is here",
    external,
    [endpoint(3, { ...local, ...zone("b") }), endpoint(4, zone("a"))],
    { cluster: [4], local: [3] },
  ],
];

describe("traffic goes to", () => {
  it.each(cases)("%s", (_, policies, endpoints, wanted) => {
    const place = { nodeName: "node-1", zone: "a", addresses: [] };
    const { cluster, local, hasAny } = chooseEndpoints(port(policies), endpoints, place);
    const lasts = (chosen: readonly Endpoint[]) =>
      chosen.map(({ address }) => Number(address.split(".").at(-1)));
    expect({ cluster: lasts(cluster), local: lasts(local), hasAny }).toMatchObject(wanted);
  });
  it("no zone where the node has none", () => {
    const endpoints = [endpoint(3, zone("a")), endpoint(4, zone(""))];
    const place = { nodeName: "node-1", zone: "", addresses: [] };
    expect(chooseEndpoints(port(), endpoints, place).cluster).toHaveLength(2);
  });
});
