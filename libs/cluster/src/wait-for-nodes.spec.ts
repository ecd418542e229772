import { describe, expect, it } from "vitest";
import { readyNodes } from "./wait-for-nodes.ts";

const node = (name: string, status: string) => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status }] },
});
const nodes = JSON.stringify({ items: [node("a", "True"), node("b", "False"), node("c", "True")] });
const leases = JSON.stringify({
  items: [
    { metadata: { name: "a" }, spec: { renewTime: "2026-11-23T10:00:00.000000Z" } },
    { metadata: { name: "c" }, spec: { renewTime: "2026-11-23T10:00:09.000000Z" } },
  ],
});

describe("nodes that are waited for", () => {
  it("are Ready by their own word", () => {
    expect([...readyNodes(nodes, leases, 0)]).toEqual(["a", "c"]);
  });
  it("have been heard since the cluster was started again", () => {
    expect([...readyNodes(nodes, leases, Date.parse("2026-11-23T10:00:05Z"))]).toEqual(["c"]);
    expect([...readyNodes(nodes, "{}", 1)]).toEqual([]);
  });
});
