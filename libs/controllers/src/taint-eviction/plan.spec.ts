import type { Pod, Toleration } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { evictionTime, isEvictable } from "./plan.ts";

const ADDED = Date.UTC(2026, 0, 1);
const taint = (key: string) => ({
  key,
  effect: "NoExecute",
  timeAdded: new Date(ADDED).toISOString(),
});
const pod = (tolerations: Toleration[], status = "Running"): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec: { nodeName: "n", containers: [], tolerations },
  status: { phase: status },
});
const placedAt = (of: Pod, ms: number): Pod => ({
  ...of,
  status: {
    ...of.status,
    conditions: [
      { type: "PodScheduled", status: "True", lastTransitionTime: new Date(ms).toISOString() },
    ],
  },
});
const tolerate = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds,
});

describe("when a pod has to leave", () => {
  const now = ADDED + 10_000;
  it.each([
    ["no taints: never", pod([]), [], undefined],
    ["not tolerated: now", pod([]), [taint("a")], now],
    ["tolerated for ever: never", pod([tolerate("a")]), [taint("a")], undefined],
    ["tolerated for a time: then", pod([tolerate("a", 300)]), [taint("a")], ADDED + 300_000],
    [
      "the shortest of several",
      pod([tolerate("a", 300), tolerate("b", 20)]),
      [taint("a"), taint("b")],
      ADDED + 20_000,
    ],
    ["one not tolerated decides", pod([tolerate("a", 300)]), [taint("a"), taint("b")], now],
    [
      "two tolerations of one taint: the shorter",
      pod([tolerate("a", 300), tolerate("a", 5)]),
      [taint("a")],
      ADDED + 5_000,
    ],
    ["negative seconds: at once", pod([tolerate("a", -1)]), [taint("a")], ADDED],
    [
      "a taint that says no time: from when it was seen",
      pod([tolerate("a", 300)]),
      [{ key: "a", effect: "NoExecute" }],
      ADDED + 305_000,
    ],
    [
      "placed after the taint: from then on",
      placedAt(pod([tolerate("a", 300)]), ADDED + 7_000),
      [taint("a")],
      ADDED + 307_000,
    ],
  ] as const)("%s", (_, input, taints, expected) => {
    expect(evictionTime(input, taints, { nowMs: now, seenMs: ADDED + 5_000 })).toBe(expected);
  });
  it("leaves alone what is done, on its way or nowhere", () => {
    expect(isEvictable(pod([]))).toBe(true);
    expect(isEvictable(pod([], "Succeeded"))).toBe(false);
    expect(
      isEvictable({
        ...pod([]),
        metadata: { name: "p", deletionTimestamp: "2026-01-01T00:00:00Z" },
      }),
    ).toBe(false);
    expect(isEvictable({ ...pod([]), spec: { containers: [] } })).toBe(false);
  });
});
