import { describe, expect, it } from "vitest";
import type {
  Container,
  Pod,
  PodSpec,
  PodStatus,
  ResourceRequirements,
} from "../gen/types/core/v1.ts";
import { controllerOf, controllerReference, isControlledBy } from "./owner-references.ts";
import { podLimits, podRequests } from "./pod-resources.ts";
import { isPodActive, isPodAvailable, isPodReady } from "./pod-state.ts";
import { qosClass } from "./qos-class.ts";
import { tolerates, untoleratedTaint } from "./taints.ts";

function container(
  name: string,
  requests: ResourceRequirements["requests"],
  more: Partial<Container> = {},
): Container {
  return { name, resources: { requests }, ...more };
}

function pod(spec: PodSpec, status?: PodStatus): Pod {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "a", uid: "u" }, spec, status };
}

describe("what a pod requests", () => {
  it("is the sum of its containers, or its largest init container where that is more", () => {
    const one = pod({
      containers: [container("a", { cpu: "100m" }), container("b", { cpu: "200m", memory: "1Ki" })],
      initContainers: [container("i", { cpu: "1" })],
    });
    expect(Object.fromEntries(podRequests(one))).toEqual({ cpu: 1_000n, memory: 1_024_000n });
  });

  it("counts sidecars beside the containers and beside the init containers after them", () => {
    const one = pod({
      containers: [container("a", { cpu: "100m" })],
      initContainers: [
        container("before", { cpu: "250m" }),
        container("sidecar", { cpu: "200m" }, { restartPolicy: "Always" }),
        container("after", { cpu: "150m" }),
      ],
    });
    // Running: 100 + 200; while "after" starts: 200 + 150.
    expect(podRequests(one).get("cpu")).toBe(350n);
  });

  it("is what the pod itself says where it does, and overhead comes on top", () => {
    const one = pod({
      containers: [container("a", { cpu: "100m", "example.com/gpu": "1" })],
      resources: { requests: { cpu: "2", "example.com/gpu": "5" } },
      overhead: { cpu: "50m" },
    });
    expect(podRequests(one).get("cpu")).toBe(2_050n);
    expect(podRequests(one).get("example.com/gpu")).toBe(1_000n);
    expect(podRequests(one, { excludeOverhead: true }).get("cpu")).toBe(2_000n);
  });

  it("is at least what a running container was granted while it is resized", () => {
    const one = pod(
      { containers: [container("a", { cpu: "100m" })] },
      {
        containerStatuses: [
          {
            name: "a",
            ready: true,
            restartCount: 0,
            image: "",
            imageID: "",
            allocatedResources: { cpu: "300m" },
            resources: { requests: { cpu: "200m" } },
          },
        ],
      },
    );
    expect(podRequests(one).get("cpu")).toBe(100n);
    expect(podRequests(one, { useStatusResources: true }).get("cpu")).toBe(300n);
  });

  it("takes a default for containers that ask for nothing", () => {
    const one = pod({ containers: [container("a", {}), container("b", { cpu: "1" })] });
    expect(podRequests(one, { missing: new Map([["cpu", 100n]]) }).get("cpu")).toBe(1_100n);
  });

  it("adds overhead only to limits that there are", () => {
    const one = pod({
      containers: [{ name: "a", resources: { limits: { cpu: "1" } } }],
      overhead: { cpu: "50m", memory: "1Mi" },
    });
    expect(Object.fromEntries(podLimits(one))).toEqual({ cpu: 1_050n });
  });
});

describe("the QoS class", () => {
  const full = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1000m", memory: "1Gi" } };
  it.each<[string, PodSpec, string]>([
    ["no figures", { containers: [{ name: "a" }] }, "BestEffort"],
    [
      "other resources only",
      { containers: [container("a", { "example.com/gpu": "1" })] },
      "BestEffort",
    ],
    ["zero requests", { containers: [container("a", { cpu: "0" })] }, "BestEffort"],
    ["equal requests and limits", { containers: [{ name: "a", resources: full }] }, "Guaranteed"],
    [
      "one container without",
      { containers: [{ name: "a", resources: full }, { name: "b" }] },
      "Burstable",
    ],
    [
      "an init container without",
      { containers: [{ name: "a", resources: full }], initContainers: [{ name: "i" }] },
      "Burstable",
    ],
    ["limits above requests", { containers: [container("a", { cpu: "1" })] }, "Burstable"],
    ["the pod's own figures", { containers: [{ name: "a" }], resources: full }, "Guaranteed"],
  ])("of a pod with %s", (_, spec, expected) => {
    expect(qosClass(pod(spec))).toBe(expected);
  });
});

describe("a taint", () => {
  const taint = { key: "k", value: "v", effect: "NoSchedule" };
  it.each([
    [{ key: "k", value: "v", effect: "NoSchedule" }, true],
    [{ key: "k", operator: "Equal", value: "w" }, false],
    [{ key: "k", operator: "Exists" }, true],
    [{ operator: "Exists" }, true],
    [{ operator: "Exists", effect: "NoExecute" }, false],
    [{ key: "other", operator: "Exists" }, false],
    [{ key: "k", operator: "Gt", value: "v" }, false],
  ])("is tolerated by %j: %s", (toleration, expected) => {
    expect(tolerates([toleration], taint)).toBe(expected);
  });

  it("that only prefers is no obstacle", () => {
    expect(untoleratedTaint([{ key: "k", effect: "PreferNoSchedule" }], [])).toBeUndefined();
    expect(untoleratedTaint([taint], undefined)).toBe(taint);
  });
});

describe("a pod", () => {
  const ready = (status: string): PodStatus => ({
    conditions: [{ type: "Ready", status, lastTransitionTime: "2026-01-01T00:00:00Z" }],
  });
  it("is available once it was ready for long enough", () => {
    const one = pod({ containers: [] }, ready("True"));
    const start = Date.parse("2026-01-01T00:00:00Z");
    expect(isPodReady(one)).toBe(true);
    expect(isPodAvailable(one, 10, start + 9_999)).toBe(false);
    expect(isPodAvailable(one, 10, start + 10_000)).toBe(true);
    expect(isPodAvailable(pod({ containers: [] }, ready("False")), 0, start)).toBe(false);
  });

  it("is active until it ends or is being deleted", () => {
    expect(isPodActive(pod({ containers: [] }, { phase: "Pending" }))).toBe(true);
    expect(isPodActive(pod({ containers: [] }, { phase: "Failed" }))).toBe(false);
  });

  it("is controlled by the one owner that says so", () => {
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "r", uid: "1" } };
    const owned = { metadata: { ownerReferences: [controllerReference(owner)] } };
    expect(controllerOf(owned)?.name).toBe("r");
    expect(isControlledBy(owned, owner)).toBe(true);
    expect(isControlledBy(owned, { metadata: { uid: "2" } })).toBe(false);
  });
});
