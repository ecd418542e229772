import type { NodeInfo } from "../cluster/node-info.ts";
import { CPU, MEMORY } from "../cluster/resource-table.ts";
import { MAX_NODE_SCORE, type Plugin } from "../framework/plugin.ts";
import { SKIP } from "../framework/status.ts";

/**
 * A node is better the more the pod brings the use of its cpu and that of its memory together.
 *
 * Upstream: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go @1.36
 */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  isNodeLocal: true,
  preScore(_state, { requests }) {
    // A pod that asks for nothing changes no balance.
    return requests.milliCpu === 0 && requests.memory === 0 ? SKIP : undefined;
  },
  score(_state, { requests }, node) {
    const withPod = balance(node, requests.milliCpu, requests.memory);
    const withoutPod = balance(node, 0, 0);
    const half = MAX_NODE_SCORE / 2;
    return half + Math.trunc((half + withPod - withoutPod) / 2);
  },
};

/** 100 when both are used alike. */
function balance(node: NodeInfo, moreCpu: number, moreMemory: number): number {
  const cpu = node.allocatable(CPU);
  const memory = node.allocatable(MEMORY);
  if (cpu === 0 || memory === 0) return MAX_NODE_SCORE;
  const cpuShare = Math.min((node.requested(CPU) + moreCpu) / cpu, 1);
  const memoryShare = Math.min((node.requested(MEMORY) + moreMemory) / memory, 1);
  return Math.trunc((1 - Math.abs(cpuShare - memoryShare) / 2) * MAX_NODE_SCORE);
}
