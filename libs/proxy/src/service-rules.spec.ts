import type { ServiceSpec } from "@kubets/api/core/v1";
import type { Endpoint } from "@kubets/api/discovery/v1";
import { describe, expect, it } from "vitest";
import { localTraffic } from "./local-traffic.ts";
import { serviceFragment } from "./service-rules.ts";
import { emptySlice, service, settings, slice } from "./testing/objects.ts";

const build = (spec: Partial<ServiceSpec>, endpoints: readonly Partial<Endpoint>[]) =>
  serviceFragment(service("web", spec), [slice("web", endpoints)], {
    family: "ip",
    place: settings.place,
    localTraffic: localTraffic(settings.localMode, "ip"),
    masqueradeAll: false,
  });
/** Chains by their first word and address, without hashes. */
const chainsOf = ({ chains }: ReturnType<typeof build>) =>
  [...chains.keys()].map((name) => name.replace(/-[A-Z2-7]{8}-/, " "));
const elementsOf = ({ elements }: ReturnType<typeof build>) =>
  elements.map(
    ({ in: into, key, value }) =>
      `${into}: ${key}${value === undefined ? "" : ` : ${value.replace(/-[A-Z2-7]{8}-/, " ")}`}`,
  );
const rulesOf = ({ chains }: ReturnType<typeof build>, prefix: string) =>
  [...chains]
    .filter(([name]) => name.startsWith(prefix))
    .flatMap(([, rules]) => rules.map((rule) => rule.replaceAll(/-[A-Z2-7]{8}-/g, " ")));

const here = { addresses: ["10.244.0.5"], nodeName: "node-1" };
const there = { addresses: ["10.244.1.5"], nodeName: "node-2" };
const external = { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort: 30080 }] };

describe("a cluster IP", () => {
  it("goes to one chain per endpoint, marked when a pod reaches itself", () => {
    const fragment = build({}, [here, there]);
    expect(chainsOf(fragment)).toEqual([
      "endpoint default/web/tcp/__10.244.0.5/8080",
      "endpoint default/web/tcp/__10.244.1.5/8080",
      "service default/web/tcp/",
    ]);
    expect(rulesOf(fragment, "service")).toEqual([
      "ip daddr 10.96.0.20 tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade",
      "numgen random mod 2 vmap { 0 : goto endpoint default/web/tcp/__10.244.0.5/8080, 1 : goto endpoint default/web/tcp/__10.244.1.5/8080 }",
    ]);
    expect(rulesOf(fragment, "endpoint").slice(0, 2)).toEqual([
      "ip saddr 10.244.0.5 jump mark-for-masquerade",
      "meta l4proto tcp dnat to 10.244.0.5:8080",
    ]);
    expect(elementsOf(fragment)).toEqual([
      "service-ips: 10.96.0.20 . tcp . 80 : goto service default/web/tcp/",
      "cluster-ips: 10.96.0.20",
    ]);
  });
  it("without endpoints is refused", () => {
    expect(elementsOf(build({}, []))).toEqual([
      "no-endpoint-services: 10.96.0.20 . tcp . 80 : goto reject-chain",
      "cluster-ips: 10.96.0.20",
    ]);
  });
  it("takes a slice without endpoints and ports, whose lists are null, for nothing", () => {
    const slices = [emptySlice("web"), { ...slice("web", [here]), ports: emptySlice("web").ports }];
    const fragment = serviceFragment(service("web"), slices, {
      family: "ip",
      place: settings.place,
      localTraffic: localTraffic(settings.localMode, "ip"),
      masqueradeAll: false,
    });
    expect(fragment).toEqual(build({}, []));
    const both = serviceFragment(service("web"), [...slices, slice("web", [here])], {
      family: "ip",
      place: settings.place,
      localTraffic: localTraffic(settings.localMode, "ip"),
      masqueradeAll: false,
    });
    expect(both).toEqual(build({}, [here]));
  });
  it.each([
    ["headless", { clusterIP: "None", clusterIPs: ["None"] }],
    ["an external name", { type: "ExternalName", clusterIP: "", clusterIPs: [] }],
  ])("that is none (%s) makes no rules", (_, spec) => {
    const fragment = build(spec, [here]);
    expect([fragment.chains.size, fragment.elements.length]).toEqual([0, 0]);
  });
  it("with the internal policy Local uses this node's endpoints, and drops when they are elsewhere", () => {
    const local = { internalTrafficPolicy: "Local" };
    expect(chainsOf(build(local, [here, there]))).toEqual([
      "endpoint default/web/tcp/__10.244.0.5/8080",
      "local default/web/tcp/",
    ]);
    expect(elementsOf(build(local, [there]))).toContain(
      "no-endpoint-services: 10.96.0.20 . tcp . 80 : drop",
    );
  });
});

describe("endpoints that end", () => {
  const ending = {
    addresses: ["10.244.0.9"],
    conditions: { ready: false, serving: true, terminating: true },
  };
  it("get nothing while others are ready", () => {
    expect(chainsOf(build({}, [here, ending]))).not.toContain(
      "endpoint default/web/tcp/__10.244.0.9/8080",
    );
  });
  it("get everything when they alone still serve", () => {
    expect(chainsOf(build({}, [ending]))).toContain("endpoint default/web/tcp/__10.244.0.9/8080");
  });
  it("get nothing when they do not serve any more", () => {
    const gone = { ...ending, conditions: { ready: false, serving: false, terminating: true } };
    expect(elementsOf(build({}, [gone]))).toContain(
      "no-endpoint-services: 10.96.0.20 . tcp . 80 : goto reject-chain",
    );
  });
});

describe("external traffic", () => {
  it("is masqueraded and goes to every endpoint", () => {
    const fragment = build({ ...external, externalIPs: ["192.0.2.7"] }, [here]);
    expect(rulesOf(fragment, "external")).toEqual([
      "jump mark-for-masquerade",
      "goto service default/web/tcp/",
    ]);
    expect(elementsOf(fragment)).toEqual(
      expect.arrayContaining([
        "service-ips: 192.0.2.7 . tcp . 80 : goto external default/web/tcp/",
        "service-nodeports: tcp . 30080 : goto external default/web/tcp/",
      ]),
    );
  });
  it("with the policy Local keeps the client's address and stays on the node", () => {
    const fragment = build({ ...external, externalTrafficPolicy: "Local" }, [here, there]);
    expect(rulesOf(fragment, "external")).toEqual([
      "ip saddr 10.244.0.0/16 goto service default/web/tcp/",
      "fib saddr type local jump mark-for-masquerade",
      "fib saddr type local goto service default/web/tcp/",
      "goto local default/web/tcp/",
    ]);
    expect(rulesOf(fragment, "local")).toEqual([
      "numgen random mod 1 vmap { 0 : goto endpoint default/web/tcp/__10.244.0.5/8080 }",
    ]);
  });
  it("with the policy Local is dropped where no endpoint is, but pods still get through", () => {
    const fragment = build({ ...external, externalTrafficPolicy: "Local" }, [there]);
    expect(elementsOf(fragment)).toContain("no-endpoint-nodeports: tcp . 30080 : drop");
    expect(rulesOf(fragment, "external")).toHaveLength(3);
  });
  it("to a load balancer's address comes from the allowed ranges only", () => {
    const balanced = service("web", {
      ...external,
      type: "LoadBalancer",
      loadBalancerSourceRanges: ["198.51.100.0/24"],
    });
    const fragment = serviceFragment(
      {
        ...balanced,
        status: {
          loadBalancer: {
            ingress: [{ ip: "203.0.113.1" }, { ip: "203.0.113.2", ipMode: "Proxy" }],
          },
        },
      },
      [slice("web", [here])],
      {
        family: "ip",
        place: settings.place,
        localTraffic: undefined,
        masqueradeAll: false,
      },
    );
    expect(elementsOf(fragment)).toContain(
      "firewall-ips: 203.0.113.1 . tcp . 80 : goto firewall default/web/tcp/",
    );
    expect(elementsOf(fragment).join()).not.toContain("203.0.113.2");
    expect(rulesOf(fragment, "firewall")).toEqual(["ip saddr != { 198.51.100.0/24 } drop"]);
  });
  it.each([
    ["of others keep the node out", ["198.51.100.0/24"], ["ip saddr != { 198.51.100.0/24 } drop"]],
    [
      "that the node is in let it ask its own load balancer's address",
      ["10.200.0.0/16"],
      ["ip saddr != { 10.200.0.0/16, 203.0.113.1 } drop"],
    ],
    ["of everything are none", ["198.51.100.0/24", "0.0.0.0/0"], undefined],
  ])("source ranges %s", (_, loadBalancerSourceRanges, rules) => {
    const balanced = service("web", { type: "LoadBalancer", loadBalancerSourceRanges });
    const fragment = serviceFragment(
      { ...balanced, status: { loadBalancer: { ingress: [{ ip: "203.0.113.1" }] } } },
      [slice("web", [{ addresses: ["10.244.0.5"] }])],
      { family: "ip", place: settings.place, localTraffic: undefined, masqueradeAll: false },
    );
    const [firewall] = [...fragment.chains].filter(([name]) => name.startsWith("firewall-"));
    expect(firewall?.[1]).toEqual(rules);
  });
});

describe("session affinity", () => {
  it("remembers clients for as long as the Service says", () => {
    const fragment = build(
      {
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      },
      [here],
    );
    expect([...fragment.sets.values()]).toEqual([
      "type ipv4_addr ; flags dynamic,timeout ; timeout 60s ;",
    ]);
    expect(rulesOf(fragment, "endpoint")).toHaveLength(3);
    expect(rulesOf(fragment, "service")[1]).toMatch(/^ip saddr @affinity-60s/);
  });
});

describe("hints", () => {
  const hinted = (address: string, zone: string) => ({
    addresses: [address],
    hints: { forZones: [{ name: zone }] },
  });
  it("keep traffic in the zone when every endpoint has one", () => {
    const near = build({}, [hinted("10.244.0.5", "zone-1"), hinted("10.244.1.5", "zone-2")]);
    expect(chainsOf(near)).toHaveLength(2);
  });
  it("do not count when one endpoint has none", () => {
    expect(chainsOf(build({}, [hinted("10.244.0.5", "zone-1"), there]))).toHaveLength(3);
  });
});
