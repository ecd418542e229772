import type { Node } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { routeOf } from "./node-routes.ts";
import { nodeNameOf } from "./prepare-node.ts";

describe("a node in a container", () => {
  it.each([
    [["kubets_node_2.kubets_default"], "node-2"],
    [["kubets-node-12.kubets_default"], "node-12"],
    [["my_own_project_node_1.x"], "node-1"],
    [["b8eb6fcbb3c6"], undefined],
    [[], undefined],
  ])("takes its name from the network's: %j", (names, name) => {
    expect(nodeNameOf(names)).toBe(name);
  });
  it("is routed to once it has both a pod range and an address", () => {
    const node = (podCIDR?: string, address?: string): Node => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "a" },
      spec: podCIDR === undefined ? {} : { podCIDR },
      status: address === undefined ? {} : { addresses: [{ type: "InternalIP", address }] },
    });
    expect(routeOf(node("10.244.1.0/24", "172.19.0.6"))).toEqual({
      podCidr: "10.244.1.0/24",
      via: "172.19.0.6",
    });
    expect(routeOf(node("10.244.1.0/24"))).toBeUndefined();
    expect(routeOf(node(undefined, "172.19.0.6"))).toBeUndefined();
  });
});
