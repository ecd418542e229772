import type { Node, Taint } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { plannedTaints, signatureOf, silenceInMs, silentConditions } from "./plan.ts";

const NOW = "2026-01-01T00:01:00Z";
const node = (
  ready: string | undefined,
  taints: Taint[] = [],
  more: Partial<Node["spec"]> = {},
): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n1", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { taints, ...more },
  ...(ready === undefined ? {} : { status: { conditions: [{ type: "Ready", status: ready }] } }),
});
const times = { graceMs: 50_000, startupGraceMs: 60_000 };

describe("a silent node", () => {
  it("has until the end of its grace period, longer when it never spoke", () => {
    const heartbeat = { signature: "", heardMs: 1_000 };
    expect(silenceInMs(node("True"), heartbeat, times, 41_000)).toBe(10_000);
    expect(silenceInMs(node(undefined), heartbeat, times, 41_000)).toBe(20_000);
  });
  it("gets Unknown conditions once", () => {
    const conditions = silentConditions(node("True"), NOW);
    expect(conditions?.[0]).toMatchObject({
      type: "Ready",
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: NOW,
    });
    expect(conditions?.[1]).toMatchObject({
      type: "MemoryPressure",
      reason: "NodeStatusNeverUpdated",
    });
    const silent = { ...node("Unknown"), status: { conditions: conditions ?? [] } };
    expect(silentConditions(silent, NOW)).toBeUndefined();
  });
  it("shows life by its lease or by its status", () => {
    const before = signatureOf(node("True"), "t1");
    expect(signatureOf(node("True"), "t1")).toBe(before);
    expect(signatureOf(node("True"), "t2")).not.toBe(before);
    expect(signatureOf(node("False"), "t1")).not.toBe(before);
  });
});

describe("taints", () => {
  const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
  const unreachable = { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" };
  it.each([
    ["a Ready node has none", node("True"), false, undefined],
    ["a Ready node loses them", node("True", [notReady]), true, []],
    ["not Ready: no new pods", node("False"), false, [{ ...notReady, timeAdded: NOW }]],
    [
      "unreachable and evicting: both",
      node("Unknown"),
      true,
      [
        { ...unreachable, timeAdded: NOW },
        { ...unreachable, effect: "NoExecute", timeAdded: NOW },
      ],
    ],
    [
      "changed from not Ready to unreachable",
      node("Unknown", [notReady]),
      false,
      [{ ...unreachable, timeAdded: NOW }],
    ],
    [
      "cordoned",
      node("True", [], { unschedulable: true }),
      false,
      [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule", timeAdded: NOW }],
    ],
    [
      "those of others stay",
      node("True", [notReady, { key: "own", effect: "NoExecute" }]),
      false,
      [{ key: "own", effect: "NoExecute" }],
    ],
  ] as const)("%s", (_, input, evict, expected) => {
    expect(plannedTaints(input, evict, NOW)).toEqual(expected);
  });
  it("keep the time when they were added", () => {
    const old = [{ ...notReady, timeAdded: "2025-01-01T00:00:00Z" }];
    expect(plannedTaints(node("False", old), false, NOW)).toBeUndefined();
    expect(plannedTaints(node("False", old), true, NOW)?.[0]).toEqual(old[0]);
  });
});
