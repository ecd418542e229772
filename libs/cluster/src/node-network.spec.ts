import { describe, expect, it } from "vitest";
import { ownAddress, stepsToSetApart } from "./node-network.ts";

const entry = (address: string, internal = false) => ({
  address,
  internal,
  family: "IPv4" as const,
  netmask: "255.254.0.0",
  mac: "02:42:0a:51:00:05",
  cidr: `${address}/15`,
});

describe("the network of a node in a container", () => {
  it("has the address that is neither the loopback's nor the pods' bridge's", () => {
    const interfaces = {
      lo: [entry("127.0.0.1", true)],
      cni0: [entry("10.80.3.1")],
      eth0: [entry("10.81.0.5")],
    };
    expect(ownAddress(interfaces)).toEqual({ address: "10.81.0.5", device: "eth0" });
    expect(ownAddress({ lo: interfaces.lo, cni0: interfaces.cni0 })).toBeUndefined();
  });
  it("keeps the pods' route apart from the engine's", () => {
    const main = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t0100510A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "eth0\t0000500A\t00000000\t0001\t0\t0\t0\t0000FEFF\t0\t0\t0",
      "cni0\t0003500A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
      "",
    ].join("\n");
    expect(stepsToSetApart(main).map(({ program, args }) => [program, ...args].join(" "))).toEqual([
      "ip route replace 10.80.3.0/24 dev cni0 table 80",
      "ip route del 10.80.3.0/24 dev cni0 table main",
    ]);
    expect(stepsToSetApart(main.replaceAll("cni0", "veth1"))).toEqual([]);
  });
});
