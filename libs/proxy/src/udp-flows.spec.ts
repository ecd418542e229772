import { describe, expect, it } from "vitest";
import { service, settings, slice } from "./testing/objects.ts";
import { conntrackArguments, staleFlows, udpDestinations } from "./udp-flows.ts";

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
    settings.place,
  );

describe("UDP flows", () => {
  it("to an endpoint that is gone are forgotten, by service address and node port", () => {
    const filters = staleFlows(flowsOf("10.244.0.5", "10.244.0.6"), flowsOf("10.244.0.6"));
    expect(filters.map((filter) => conntrackArguments(filter, "ip").join(" "))).toEqual([
      "-D -f ipv4 -p udp --orig-dst 10.96.0.20 --orig-port-dst 53 --dst-nat 10.244.0.5",
      "-D -f ipv4 -p udp --orig-port-dst 30053 --dst-nat 10.244.0.5",
    ]);
  });
  it("that went nowhere are forgotten when the first endpoint comes", () => {
    expect(staleFlows(flowsOf(), flowsOf("10.244.0.5"))).toEqual([
      { address: "10.96.0.20", port: 53 },
      { port: 30053 },
    ]);
  });
  it("of TCP ports are left alone", () => {
    const web = udpDestinations(service("web"), [], "ip", settings.place);
    expect(web.size).toBe(0);
  });
});
