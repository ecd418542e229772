import { describe, expect, it } from "vitest";
import { cgroupFiles, cpuWeight } from "../cgroups/cgroup-files.ts";
import { podCgroupPath, podUidOfFolder } from "../cgroups/cgroup-names.ts";
import { cniBridgeConfig } from "../network/cni-bridge.ts";
import { makeContainer, makePod } from "../testing/pods.ts";
import { admissionVerdict } from "./admission.ts";
import { simulatedMachine } from "./machine.ts";
import { initialNode, type NodeFindings, nodeStatus } from "./node-object.ts";
import { parseTaint } from "./parse-taint.ts";

const machine = simulatedMachine({ nodeName: "n", cpuCount: 4, memoryBytes: 8 * 1024 ** 3 });
const findings = (more: Partial<NodeFindings> = {}): NodeFindings => ({
  machine,
  settings: {
    name: "n",
    labels: { zone: "z" },
    taints: [],
    isUnschedulable: false,
    addresses: [
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "Hostname", address: "n" },
    ],
    podsMax: 110,
    port: 10_250,
    reserved: { cpu: "500m", memory: "1Gi" },
    kubeletVersion: "v1.36.2",
  },
  runtimeVersion: "containerd://1.6.20",
  runtimeHandlers: [],
  images: [],
  errors: [],
  nowMs: Date.UTC(2026, 0, 1),
  ...more,
});

describe("the Node object", () => {
  it("keeps what is reserved, and what eviction would need, from pods", () => {
    const { status } = initialNode(findings());
    expect(status?.capacity).toMatchObject({ cpu: "4", memory: "8Gi", pods: "110" });
    expect(status?.allocatable).toMatchObject({ cpu: "3500m", memory: "7068Mi", pods: "110" });
  });
  it("says that WebSockets may be passed on to the node as they are", () => {
    expect(initialNode(findings()).status?.declaredFeatures).toEqual(["ExtendWebSocketsToKubelet"]);
  });
  it("is ready, or says why not, and keeps the time of what did not change", () => {
    const first = nodeStatus(findings({ errors: ["a", "b"] }), undefined);
    const ready = (status: typeof first) => status.conditions?.find(({ type }) => type === "Ready");
    expect(ready(first)).toMatchObject({
      status: "False",
      reason: "KubeletNotReady",
      message: "[a, b]",
    });
    const second = nodeStatus(findings({ nowMs: Date.UTC(2026, 0, 2) }), first);
    expect(ready(second)).toMatchObject({
      status: "True",
      reason: "KubeletReady",
      message: "kubelet is posting ready status",
      lastTransitionTime: "2026-01-02T00:00:00Z",
    });
    expect(second.conditions?.find(({ type }) => type === "DiskPressure")).toMatchObject({
      lastTransitionTime: "2026-01-01T00:00:00Z",
      lastHeartbeatTime: "2026-01-02T00:00:00Z",
    });
    expect(second.conditions?.at(-1)?.type).toBe("Ready");
  });
});

describe("a taint on the command line", () => {
  it.each([
    ["k=v:NoSchedule", { key: "k", value: "v", effect: "NoSchedule" }],
    ["k:NoExecute", { key: "k", effect: "NoExecute" }],
    ["k=v", undefined],
    ["k=v:Never", undefined],
    [":NoSchedule", undefined],
  ])("%s", (text, taint) => {
    expect(parseTaint(text)).toEqual(taint);
  });
});

describe("admission", () => {
  const allocatable = { cpu: "2", memory: "1Gi", pods: "2" };
  const asking = (resources: Record<string, string>, ports = {}) =>
    makePod({
      containers: [makeContainer("app", { resources: { requests: resources }, ...ports })],
    });
  it("counts what already runs", () => {
    const pod = asking({ cpu: "1500m" });
    expect(admissionVerdict({ pod, active: [], allocatable })).toBeUndefined();
    expect(admissionVerdict({ pod, active: [pod], allocatable })).toEqual({
      reason: "OutOfcpu",
      message:
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 1500, capacity: 2000",
    });
    expect(
      admissionVerdict({ pod: makePod(), active: [makePod(), makePod()], allocatable })?.reason,
    ).toBe("OutOfpods");
  });
  it("does not give out a host port twice", () => {
    const pod = asking({}, { ports: [{ containerPort: 80, hostPort: 8080 }] });
    expect(admissionVerdict({ pod, active: [pod], allocatable })?.reason).toBe("NodePorts");
  });
});

describe("cgroups of pods", () => {
  it("lie below their class", () => {
    const burstable = makePod({
      containers: [makeContainer("app", { resources: { requests: { cpu: "1" } } })],
    });
    expect(podCgroupPath("/kubets/a", burstable)).toBe("/kubets/a/kubepods/burstable/poduid-1");
    expect(podCgroupPath("/", makePod())).toBe("/kubepods/besteffort/poduid-1");
    expect(podUidOfFolder("poduid-1")).toBe("uid-1");
    expect(podUidOfFolder("burstable")).toBeUndefined();
  });
  it("are written in the words of either version", () => {
    const settings = {
      cpuShares: 1024,
      cpuQuota: 50_000,
      cpuPeriod: 100_000,
      memoryLimitBytes: 1024,
      pidsMax: 10,
    };
    const lines = (version: 1 | 2) =>
      cgroupFiles(version, settings).map(
        ({ controller, file, value }) => `${controller}/${file}=${value}`,
      );
    expect(lines(1)).toEqual([
      "cpu/cpu.shares=1024",
      "cpu/cpu.cfs_period_us=100000",
      "cpu/cpu.cfs_quota_us=50000",
      "memory/memory.limit_in_bytes=1024",
      "pids/pids.max=10",
    ]);
    expect(lines(2)).toEqual([
      "/cpu.weight=39",
      "/cpu.max=50000 100000",
      "/memory.max=1024",
      "/pids.max=10",
    ]);
    expect([2, 262_144].map(cpuWeight)).toEqual([1, 10_000]);
  });
});

describe("the pod network", () => {
  it("lets a pod reach itself through its Service, and keeps its books below the kubelet's folder", () => {
    const config = JSON.parse(
      cniBridgeConfig({
        name: "kubets",
        bridge: "cni0",
        podCidr: "10.244.1.0/24",
        masquerade: false,
        dataDir: "/k/cni",
      }),
    );
    expect(config).toMatchObject({
      name: "kubets",
      plugins: [
        {
          type: "bridge",
          bridge: "cni0",
          hairpinMode: true,
          isGateway: true,
          ipMasq: false,
          ipam: { type: "host-local", dataDir: "/k/cni", ranges: [[{ subnet: "10.244.1.0/24" }]] },
        },
        { type: "portmap", capabilities: { portMappings: true } },
      ],
    });
  });
});
