import { describe, expect, it } from "vitest";
import { service, slice } from "./testing/objects.ts";
import { conntrackArguments, readFlows, staleFlows, udpDestinations } from "./udp-flows.ts";

const dns = service("dns", {
  type: "NodePort",
  ports: [
    { name: "dns", port: 53, protocol: "UDP", nodePort: 30053 },
    { name: "dns-tcp", port: 53, protocol: "TCP", nodePort: 30053 },
  ],
});
const flowsOf = (...addresses: string[]) =>
  udpDestinations(
    dns,
    [
      slice(
        "dns",
        addresses.map((address) => ({ addresses: [address] })),
        {
          portName: "dns",
          protocol: "UDP",
          port: 53,
        },
      ),
    ],
    "ip",
    "node-1",
  );

describe("UDP flows", () => {
  it("to an endpoint that is gone are forgotten, by service address and node port", () => {
    const filters = staleFlows(flowsOf("10.244.0.5", "10.244.0.6"), flowsOf("10.244.0.6"));
    expect(filters.map((filter) => conntrackArguments(filter, "ip").join(" "))).toEqual([
      "-D -f ipv4 -p udp --orig-dst 10.96.0.20 --orig-port-dst 53 --reply-src 10.244.0.5 --reply-port-src 53",
      "-D -f ipv4 -p udp --orig-port-dst 30053 --reply-src 10.244.0.5 --reply-port-src 53",
    ]);
  });
  it("that went nowhere are forgotten when the first endpoint comes", () => {
    expect(staleFlows(flowsOf(), flowsOf("10.244.0.5"))).toEqual([
      { address: "10.96.0.20", port: 53 },
      { port: 30053 },
    ]);
  });
  it("to an endpoint that ends go on until it stops serving", () => {
    const ending = (serving: boolean) =>
      udpDestinations(
        dns,
        [
          slice(
            "dns",
            [
              {
                addresses: ["10.244.0.5"],
                conditions: { ready: false, serving, terminating: true },
              },
              { addresses: ["10.244.0.6"] },
            ],
            { portName: "dns", protocol: "UDP", port: 53 },
          ),
        ],
        "ip",
        "node-1",
      );
    const both = flowsOf("10.244.0.5", "10.244.0.6");
    expect(staleFlows(both, ending(true))).toEqual([]);
    expect(staleFlows(both, ending(false)).map(({ endpoint }) => endpoint)).toEqual([
      "10.244.0.5 53",
      "10.244.0.5 53",
    ]);
  });
  it("are read from what conntrack lists", () => {
    const lines = [
      "udp      17 29 src=10.244.0.4 dst=10.96.0.20 sport=5000 dport=80 src=10.244.0.2 dst=10.244.0.4 sport=8080 dport=5000 [ASSURED] mark=0 use=1",
      "udp      17 3 src=10.244.0.4 dst=10.96.0.9 sport=5001 dport=53 [UNREPLIED] src=10.96.0.9 dst=10.244.0.4 sport=53 dport=5001 mark=0 use=1",
      "conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.",
    ];
    expect(readFlows(lines.join("\n"))).toEqual([
      { address: "10.96.0.20", port: 80, endpoint: "10.244.0.2 8080" },
      { address: "10.96.0.9", port: 53, endpoint: "10.96.0.9 53" },
    ]);
  });
  it("of TCP ports are left alone", () => {
    const web = udpDestinations(service("web"), [], "ip", "node-1");
    expect(web.size).toBe(0);
  });
});
