import type { Node, Pod, PodSpec, PodStatus, Taint } from "@kubets/api/core/v1";
import { ClusterState } from "../cluster/cluster-state.ts";
import type { ClusterView } from "../cluster/cluster-view.ts";
import { PodInfo } from "../cluster/pod-info.ts";
import { CycleState } from "../framework/cycle-state.ts";
import { type EnabledPlugin, Framework } from "../framework/framework.ts";
import type { Plugin } from "../framework/plugin.ts";
import { prioritySort } from "../plugins/priority-sort.ts";
import { fitErrorMessage } from "../schedule/diagnosis.ts";
import { type ScheduleResult, schedule } from "../schedule/schedule.ts";

/** Makes nodes and pods for specs, and runs attempts over them. */
export interface NodeOptions {
  readonly labels?: Record<string, string>;
  readonly allocatable?: Record<string, string>;
  readonly taints?: Taint[];
  readonly unschedulable?: boolean;
  readonly images?: readonly { readonly name: string; readonly sizeBytes: number }[];
}

export function nodeObject(name: string, options: NodeOptions = {}): Node {
  const {
    labels = {},
    allocatable = {},
    taints = [],
    unschedulable = false,
    images = [],
  } = options;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec: { taints, unschedulable },
    status: {
      allocatable: { cpu: "4", memory: "32Gi", pods: "110", ...allocatable },
      images: images.map(({ name: image, sizeBytes }) => ({ names: [image], sizeBytes })),
    },
  };
}

export interface PodOptions extends Partial<PodSpec> {
  readonly labels?: Record<string, string>;
  readonly namespace?: string;
  readonly requests?: Record<string, string>;
  readonly hostPort?: number;
  readonly image?: string;
  readonly status?: PodStatus;
}

export function podObject(name: string, options: PodOptions = {}): Pod {
  const {
    labels,
    namespace = "default",
    requests = {},
    hostPort,
    image,
    status,
    ...spec
  } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, uid: `uid-${namespace}-${name}`, ...(labels ? { labels } : {}) },
    spec: {
      schedulerName: "default-scheduler",
      containers: [
        {
          name: "c",
          image: image ?? "nginx",
          resources: { requests },
          ...(hostPort === undefined ? {} : { ports: [{ containerPort: hostPort, hostPort }] }),
        },
      ],
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function podInfo(name: string, options: PodOptions = {}): PodInfo {
  return new PodInfo(podObject(name, options));
}

/** `placed`: node name → its pods. */
export function clusterOf(
  nodes: readonly Node[],
  placed: Readonly<Record<string, readonly Pod[]>> = {},
): ClusterState {
  const cluster = new ClusterState();
  for (const node of nodes) cluster.setNode(node);
  for (const [nodeName, pods] of Object.entries(placed)) {
    for (const pod of pods) {
      const containers = pod.spec?.containers ?? [];
      cluster.setPod(new PodInfo({ ...pod, spec: { ...pod.spec, containers, nodeName } }));
    }
  }
  return cluster;
}

const idleBinder: Plugin = { name: "IdleBinder", bind: () => Promise.resolve(undefined) };

export function frameworkOf(plugins: readonly (Plugin | EnabledPlugin)[]): Framework {
  const enabled = plugins.map((each) => ("plugin" in each ? each : { plugin: each }));
  return new Framework("default-scheduler", [
    { plugin: prioritySort },
    ...enabled,
    { plugin: idleBinder },
  ]);
}

export function scheduleOn(
  cluster: ClusterState,
  framework: Framework,
  pod: PodInfo,
  random: () => number = () => 0,
): ScheduleResult {
  return schedule(pod, { cluster, framework, random, start: { index: 0 } });
}

/** The node's name, or the text that says why there is none. */
export function outcome(result: ScheduleResult): string {
  switch (result.kind) {
    case "node":
      return result.nodeName;
    case "unschedulable":
      return fitErrorMessage(result.diagnosis, "");
    case "noNodes":
      return "no nodes";
    case "error":
      return `error: ${result.status.reasons.join(", ")}`;
  }
}

/** The scores of all nodes by name, normalised. */
export function scoresOf(
  plugin: Plugin,
  pod: PodInfo,
  cluster: ClusterView,
): Readonly<Record<string, number>> | "skipped" {
  const state = new CycleState();
  if (plugin.preScore?.(state, pod, cluster, cluster.nodes)?.code === "Skip") return "skipped";
  const scores = Float64Array.from(cluster.nodes, (node) => plugin.score?.(state, pod, node) ?? 0);
  plugin.normalize?.(state, pod, scores);
  return Object.fromEntries(cluster.nodes.map((node, i) => [node.name, scores[i] ?? 0]));
}
