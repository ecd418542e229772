import { existsSync, readFileSync } from "node:fs";
import type { KubeObject } from "@kubets/api";
import { describe, expect, it } from "vitest";
import { columnFacts } from "./columns.ts";
import { humanDuration } from "./human-duration.ts";
import { tableOf } from "./tables.ts";

const NOW = Date.UTC(2026, 0, 1);
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString().replace(".000", "");

function row(group: string, object: object): unknown[] {
  const { kind } = object as KubeObject;
  return tableOf(group, kind).cells(object as KubeObject, NOW);
}

describe("human durations", () => {
  it.each([
    [-2, "<invalid>"],
    [-1, "0s"],
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [125, "2m5s"],
    [599, "9m59s"],
    [600, "10m"],
    [10_799, "179m"],
    [10_800, "3h"],
    [11_100, "3h5m"],
    [28_800, "8h"],
    [172_799, "47h"],
    [172_800, "2d"],
    [176_400, "2d1h"],
    [691_200, "8d"],
    [63_072_000, "2y"],
    [63_158_400, "2y1d"],
    [252_288_000, "8y"],
  ])("%i seconds are %s", (seconds, text) => {
    expect(humanDuration(seconds * 1000)).toBe(text);
  });
});

describe("pods", () => {
  const pod = (status: object, spec: object = {}, metadata: object = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", creationTimestamp: ago(90), ...metadata },
    spec: { containers: [{ name: "a" }, { name: "b" }], ...spec },
    status,
  });
  const running = { running: {} };
  const shown = (object: object) => row("", object).slice(1, 5);

  it("run with all their addresses", () => {
    const containers = [
      { name: "a", ready: true, restartCount: 0, state: running },
      { name: "b", ready: true, restartCount: 0, state: running },
    ];
    const status = {
      phase: "Running",
      podIPs: [{ ip: "10.0.0.1" }],
      containerStatuses: containers,
    };
    expect(row("", pod(status, { nodeName: "n1" }))).toEqual([
      "p",
      "2/2",
      "Running",
      "0",
      "90s",
      "10.0.0.1",
      "n1",
      "<none>",
      "<none>",
    ]);
  });

  it("tell how often and when they last restarted", () => {
    const crashed = {
      name: "a",
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 1, finishedAt: ago(300) } },
    };
    const fine = { name: "b", ready: true, restartCount: 0, state: running };
    expect(shown(pod({ phase: "Running", containerStatuses: [crashed, fine] }))).toEqual([
      "1/2",
      "CrashLoopBackOff",
      "3 (5m ago)",
      "90s",
    ]);
  });

  it.each([
    ["Init:0/1", { waiting: { reason: "PodInitializing" } }],
    ["Init:ImagePullBackOff", { waiting: { reason: "ImagePullBackOff" } }],
    ["Init:Error", { terminated: { exitCode: 1, reason: "Error" } }],
    ["Init:ExitCode:2", { terminated: { exitCode: 2 } }],
    ["Init:Signal:9", { terminated: { exitCode: 137, signal: 9 } }],
  ])("are %s while they initialize", (reason, state) => {
    const object = pod(
      {
        phase: "Pending",
        initContainerStatuses: [{ name: "i", restartCount: 0, state }],
      },
      { initContainers: [{ name: "i" }] },
    );
    expect(shown(object).slice(0, 2)).toEqual(["0/2", reason]);
  });

  it("count sidecars among their containers", () => {
    const object = pod(
      {
        phase: "Running",
        conditions: [{ type: "Initialized", status: "True" }],
        initContainerStatuses: [
          { name: "s", started: true, ready: true, restartCount: 1, state: running },
        ],
        containerStatuses: [
          { name: "a", ready: true, restartCount: 0, state: running },
          { name: "b", ready: true, restartCount: 0, state: running },
        ],
      },
      { initContainers: [{ name: "s", restartPolicy: "Always" }] },
    );
    expect(shown(object).slice(0, 3)).toEqual(["3/3", "Running", "1"]);
  });

  it.each<[string, object, object]>([
    ["Terminating", { phase: "Running" }, { deletionTimestamp: ago(1) }],
    ["Unknown", { phase: "Running", reason: "NodeLost" }, { deletionTimestamp: ago(1) }],
    ["Evicted", { phase: "Failed", reason: "Evicted" }, {}],
    [
      "SchedulingGated",
      { phase: "Pending", conditions: [{ type: "PodScheduled", reason: "SchedulingGated" }] },
      {},
    ],
    ["Pending", { phase: "Pending" }, {}],
  ])("are %s", (reason, status, metadata) => {
    expect(shown(pod(status, {}, metadata))[1]).toBe(reason);
  });

  it("say NotReady when one container runs on beside a completed one", () => {
    const containerStatuses = [
      {
        name: "a",
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 0, reason: "Completed" } },
      },
      { name: "b", ready: true, restartCount: 0, state: running },
    ];
    expect(shown(pod({ phase: "Running", containerStatuses }))[1]).toBe("NotReady");
    const conditions = [{ type: "Ready", status: "True" }];
    expect(shown(pod({ phase: "Running", containerStatuses, conditions }))[1]).toBe("Running");
  });
});

describe("other kinds", () => {
  it.each<[string, string, object, unknown[]]>([
    [
      "nodes with roles and addresses",
      "",
      {
        kind: "Node",
        metadata: {
          name: "n",
          creationTimestamp: ago(5),
          labels: {
            "node-role.kubernetes.io/worker": "",
            "node-role.kubernetes.io/control-plane": "",
          },
        },
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: "Ready", status: "True" }],
          addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
          nodeInfo: { kubeletVersion: "v1.36.0", containerRuntimeVersion: "containerd://1.6.20" },
        },
      },
      [
        "n",
        "Ready,SchedulingDisabled",
        "control-plane,worker",
        "5s",
        "v1.36.0",
        "10.0.0.1",
        "<none>",
        "<unknown>",
        "<unknown>",
        "containerd://1.6.20",
      ],
    ],
    [
      "services with node ports",
      "",
      {
        kind: "Service",
        metadata: { name: "s", creationTimestamp: ago(5) },
        spec: {
          type: "NodePort",
          clusterIPs: ["10.96.0.1"],
          ports: [
            { port: 80, nodePort: 30080, protocol: "TCP" },
            { port: 53, protocol: "UDP" },
          ],
          selector: { b: "2", a: "1" },
        },
      },
      ["s", "NodePort", "10.96.0.1", "<none>", "80:30080/TCP,53/UDP", "5s", "a=1,b=2"],
    ],
    [
      "load balancers that wait",
      "",
      {
        kind: "Service",
        metadata: { name: "s", creationTimestamp: ago(5) },
        spec: { type: "LoadBalancer" },
      },
      ["s", "LoadBalancer", "<none>", "<pending>", "<none>", "5s", "<none>"],
    ],
    [
      "deployments",
      "apps",
      {
        kind: "Deployment",
        metadata: { name: "d", creationTimestamp: ago(5) },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: "d" } },
          template: {
            spec: {
              containers: [
                { name: "a", image: "x" },
                { name: "b", image: "y" },
              ],
            },
          },
        },
        status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 },
      },
      ["d", "1/3", 2, 1, "5s", "a,b", "x,y", "app=d"],
    ],
    [
      "jobs under way",
      "batch",
      {
        kind: "Job",
        metadata: { name: "j", creationTimestamp: ago(5) },
        spec: { completions: 4, template: { spec: { containers: [] } } },
        status: { succeeded: 1, startTime: ago(130) },
      },
      ["j", "Running", "1/4", "2m10s", "5s", "", "", "<none>"],
    ],
    [
      "cron jobs",
      "batch",
      {
        kind: "CronJob",
        metadata: { name: "c", creationTimestamp: ago(5) },
        spec: { schedule: "* * * * *", suspend: false },
        status: { lastScheduleTime: ago(20), active: [{}] },
      },
      ["c", "* * * * *", "<none>", "False", 1, "20s", "5s", "", "", "<none>"],
    ],
    [
      "endpoints by the first three",
      "",
      {
        kind: "Endpoints",
        metadata: { name: "e", creationTimestamp: ago(5) },
        subsets: [
          {
            addresses: ["1", "2", "3", "4", "5"].map((n) => ({ ip: `10.0.0.${n}` })),
            ports: [{ port: 80 }],
          },
        ],
      },
      ["e", "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...", "5s"],
    ],
    [
      "endpoint slices without anything",
      "discovery.k8s.io",
      {
        kind: "EndpointSlice",
        metadata: { name: "e", creationTimestamp: ago(5) },
        addressType: "IPv4",
      },
      ["e", "IPv4", "<unset>", "<unset>", "5s"],
    ],
    [
      "leases",
      "coordination.k8s.io",
      {
        kind: "Lease",
        metadata: { name: "l", creationTimestamp: ago(5) },
        spec: { holderIdentity: "me" },
      },
      ["l", "me", "5s"],
    ],
    [
      "role bindings by the sort of their subjects",
      "rbac.authorization.k8s.io",
      {
        kind: "RoleBinding",
        metadata: { name: "b", creationTimestamp: ago(5) },
        roleRef: { kind: "Role", name: "r" },
        subjects: [
          { kind: "User", name: "u" },
          { kind: "Group", name: "g" },
          { kind: "ServiceAccount", namespace: "n", name: "s" },
        ],
      },
      ["b", "Role/r", "5s", "u", "g", "n/s"],
    ],
    [
      "default storage classes",
      "storage.k8s.io",
      {
        kind: "StorageClass",
        metadata: {
          name: "fast",
          creationTimestamp: ago(5),
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
        provisioner: "p",
      },
      ["fast (default)", "p", "Delete", "Immediate", false, "5s"],
    ],
    [
      "kinds without columns of their own",
      "rbac.authorization.k8s.io",
      { kind: "Role", metadata: { name: "r", creationTimestamp: ago(5) } },
      ["r", ago(5)],
    ],
  ])("shows %s", (_what, group, object, cells) => {
    expect(row(group, object)).toEqual(cells);
  });

  it("gives every kind as many cells as it has columns", () => {
    for (const key of Object.keys(columnFacts)) {
      const [kind = "", group = ""] = key.split("/").reverse();
      const { columns, cells } = tableOf(group, kind);
      // The barest object of any kind: what an older client may have written.
      const bare = { kind, apiVersion: "", metadata: { name: "x" }, subjects: [] };
      const needed = { involvedObject: {}, roleRef: {}, endpoints: [] };
      expect([key, cells({ ...bare, ...needed } as KubeObject, NOW).length]).toEqual([
        key,
        columns.length,
      ]);
    }
  });
});

const facts = "../../../shared/kubernetes-1.36/printcolumns.json";
describe.skipIf(!existsSync(facts))("against the fact table (skipped without ../shared)", () => {
  it("has every column that the table has", () => {
    const table = JSON.parse(readFileSync(facts, "utf8")) as {
      [key: string]: { name: string }[];
    };
    const ours = Object.values(columnFacts).map((columns) =>
      columns.map(({ name }) => name).join(),
    );
    for (const [key, columns] of Object.entries(table)) {
      if (key.startsWith("metav1.")) continue;
      const wanted = columns.map(({ name }) => name).join();
      expect([key, ours.some((one) => one.startsWith(wanted))]).toEqual([key, true]);
    }
  });
});
