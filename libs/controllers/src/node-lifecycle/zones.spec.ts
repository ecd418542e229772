import type { Node } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { DEFAULT_RATES, evictionsPerSecond, isFullDisruption, zonesOf } from "./zones.ts";

/** Nodes of zones: "a++-" has two Ready nodes and one that is not. */
const nodesOf = (...zones: readonly string[]): Node[] =>
  zones.flatMap((text) =>
    [...text.slice(1)].map(
      (sign): Node => ({
        apiVersion: "v1",
        kind: "Node",
        metadata: { labels: { "topology.kubernetes.io/zone": text[0] ?? "" } },
        status: { conditions: [{ type: "Ready", status: sign === "+" ? "True" : "Unknown" }] },
      }),
    ),
  );

describe("a zone", () => {
  it.each([
    ["is normal while most of it is Ready", ["a++---+"], "normal", 0.1],
    ["is normal while fewer than three are not", ["a+--"], "normal", 0.1],
    [
      "is partly disrupted when most is not, and small: nobody is emptied",
      ["a++---"],
      "partial",
      0,
    ],
    [
      "is partly disrupted when most is not, and large: slowly",
      [`a${"+".repeat(20)}${"-".repeat(40)}`],
      "partial",
      0.01,
    ],
    ["is emptied when others are well", ["a---", "b+"], "full", 0.1],
    ["is not emptied when all are like it", ["a---", "b-"], "full", 0],
  ])("%s", (_, zones, state, rate) => {
    const found = zonesOf(nodesOf(...zones), DEFAULT_RATES.unhealthyShare);
    expect(found.get("/a")?.state).toBe(state);
    expect(evictionsPerSecond(found, "/a", DEFAULT_RATES)).toBe(rate);
  });

  it("does not count nodes that ask not to be", () => {
    const [ready, ...silent] = nodesOf("a+---");
    const excluded = {
      ...ready,
      metadata: { labels: { "node.kubernetes.io/exclude-disruption": "" } },
    };
    expect(isFullDisruption(zonesOf([excluded as Node, ...silent], 0.55))).toBe(true);
  });
  it("is all there is where nodes have no labels", () => {
    const bare = nodesOf("a+-").map((node) => ({ ...node, metadata: {} }));
    expect([...zonesOf(bare, 0.55)]).toEqual([["/", { nodes: 2, state: "normal" }]]);
  });
});
