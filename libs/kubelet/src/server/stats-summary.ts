/**
 * What pods and the node use, in the form that metrics-server and `kubectl top` read.
 *
 * Upstream: staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go @1.36
 */
import { formatTime } from "@kubets/api";
import type { ContainerStats } from "@kubets/cri";
import {
  CONTAINER_NAME_LABEL,
  POD_NAME_LABEL,
  POD_NAMESPACE_LABEL,
  POD_UID_LABEL,
} from "../container/labels.ts";

export interface StatsSummaryInput {
  readonly nodeName: string;
  readonly stats: readonly ContainerStats[];
  readonly nodeMemoryBytes: number;
  readonly nowMs: number;
}

export function statsSummary(input: StatsSummaryInput): unknown {
  const pods = new Map<string, ContainerStats[]>();
  for (const stats of input.stats) {
    const uid = stats.labels[POD_UID_LABEL];
    if (uid === undefined) continue;
    const list = pods.get(uid) ?? [];
    list.push(stats);
    pods.set(uid, list);
  }
  return {
    node: {
      nodeName: input.nodeName,
      startTime: formatTime(input.nowMs),
      cpu: cpu(input.stats, input.nowMs),
      memory: {
        ...memory(input.stats, input.nowMs),
        availableBytes:
          input.nodeMemoryBytes - sum(input.stats, (each) => each.memoryWorkingSetBytes),
      },
    },
    pods: [...pods].map(([uid, containers]) => ({
      podRef: {
        name: containers[0]?.labels[POD_NAME_LABEL] ?? "",
        namespace: containers[0]?.labels[POD_NAMESPACE_LABEL] ?? "",
        uid,
      },
      startTime: formatTime(input.nowMs),
      containers: containers.map((one) => ({
        name: one.labels[CONTAINER_NAME_LABEL] ?? "",
        startTime: formatTime(one.timestampMs),
        cpu: cpu([one], one.timestampMs),
        memory: memory([one], one.timestampMs),
        rootfs: {
          time: formatTime(one.timestampMs),
          usedBytes: one.writableLayerBytes,
          inodesUsed: one.writableLayerInodes,
        },
      })),
      cpu: cpu(containers, input.nowMs),
      memory: memory(containers, input.nowMs),
    })),
  };
}

function cpu(stats: readonly ContainerStats[], atMs: number) {
  return {
    time: formatTime(atMs),
    usageNanoCores: sum(stats, (each) => each.cpuUsageNanoCores),
    usageCoreNanoSeconds: sum(stats, (each) => each.cpuUsageNanoSeconds),
  };
}

function memory(stats: readonly ContainerStats[], atMs: number) {
  return {
    time: formatTime(atMs),
    usageBytes: sum(stats, (each) => each.memoryUsageBytes),
    workingSetBytes: sum(stats, (each) => each.memoryWorkingSetBytes),
    rssBytes: sum(stats, (each) => each.memoryRssBytes),
    pageFaults: sum(stats, (each) => each.pageFaults),
    majorPageFaults: sum(stats, (each) => each.majorPageFaults),
  };
}

function sum(stats: readonly ContainerStats[], pick: (stats: ContainerStats) => number): number {
  return stats.reduce((total, each) => total + pick(each), 0);
}
