/**
 * Enough of everything must be left; among those that will do, the emptier node is better.
 *
 * Upstream: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated}.go @1.36
 */
import type { KubeObject } from "@kubets/api";
import type { Node, Pod } from "@kubets/api/core/v1";
import { NodeInfo } from "../cluster/node-info.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import { CPU, EPHEMERAL_STORAGE, MEMORY, ResourceTable } from "../cluster/resource-table.ts";
import { MAX_NODE_SCORE, type Plugin } from "../framework/plugin.ts";
import type { Status } from "../framework/status.ts";

export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  isNodeLocal: true,
  events: {
    NodeAdd: (pod, { current }) => fitsEmpty(pod, current),
    NodeAllocatableChange: (pod, { current }) => fitsEmpty(pod, current),
    AssignedPodDelete: (pod, { old }) => frees(pod, old),
    AssignedPodUpdate: true,
    UnscheduledPodUpdate: true,
  },
  filter: (_state, pod, node) => refusal(pod, node),
  score: (_state, pod, node) => leastAllocated(pod, node),
};

/** Absent when the pod fits. All that is missing is named. */
export function refusal(pod: PodInfo, node: NodeInfo): Status | undefined {
  const { table, slot } = node;
  const { requests } = pod;
  const isFull = (table.podCount[slot] ?? 0) + 1 > (table.podsAllowed[slot] ?? 0);
  if (
    !isFull &&
    fits(requests.milliCpu, node, CPU) &&
    fits(requests.memory, node, MEMORY) &&
    fits(requests.ephemeralStorage, node, EPHEMERAL_STORAGE) &&
    (requests.others.length === 0 || fitsOthers(pod, node))
  ) {
    return undefined;
  }
  const missing: string[] = [];
  let isHopeless = false;
  const check = (resource: string, column: number, amount: number) => {
    if (fits(amount, node, column)) return;
    missing.push(resource);
    // More than the whole node has: nobody could make room.
    if (amount > node.allocatable(column)) isHopeless = true;
  };
  check("cpu", CPU, requests.milliCpu);
  check("memory", MEMORY, requests.memory);
  check("ephemeral-storage", EPHEMERAL_STORAGE, requests.ephemeralStorage);
  for (const [resource, amount] of requests.others) check(resource, table.column(resource), amount);
  return statusFor(isFull, isHopeless, missing);
}

/** Few combinations occur: each is one object, so that counting many nodes' refusals is cheap. */
const statuses = new Map<string, Status>();
const STATUSES_MAX = 1_000;
function statusFor(isFull: boolean, isHopeless: boolean, missing: readonly string[]): Status {
  const key = `${isFull} ${isHopeless} ${missing.join(" ")}`;
  const known = statuses.get(key);
  if (known !== undefined) return known;
  const status: Status = {
    code: isHopeless ? "UnschedulableAndUnresolvable" : "Unschedulable",
    reasons: [
      ...(isFull ? ["Too many pods"] : []),
      ...missing.map((resource) => `Insufficient ${resource}`),
    ],
  };
  if (statuses.size >= STATUSES_MAX) statuses.clear();
  statuses.set(key, status);
  return status;
}

function fits(amount: number, node: NodeInfo, column: number): boolean {
  return amount === 0 || amount <= node.allocatable(column) - node.requested(column);
}

function fitsOthers({ requests }: PodInfo, node: NodeInfo): boolean {
  for (const [resource, amount] of requests.others) {
    if (!fits(amount, node, node.table.column(resource))) return false;
  }
  return true;
}

function leastAllocated(pod: PodInfo, node: NodeInfo): number {
  const { table, slot } = node;
  const cpu = node.allocatable(CPU);
  const memory = node.allocatable(MEMORY);
  let sum = 0;
  let weight = 0;
  if (cpu !== 0) {
    sum += freeShare((table.nonZeroMilliCpu[slot] ?? 0) + pod.requests.nonZeroMilliCpu, cpu);
    weight++;
  }
  if (memory !== 0) {
    sum += freeShare((table.nonZeroMemory[slot] ?? 0) + pod.requests.nonZeroMemory, memory);
    weight++;
  }
  return weight === 0 ? 0 : Math.trunc(sum / weight);
}

function freeShare(requested: number, allocatable: number): number {
  if (requested > allocatable) return 0;
  return Math.trunc(((allocatable - requested) * MAX_NODE_SCORE) / allocatable);
}

/** Whether the pod would fit on the node if nothing else were there. */
function fitsEmpty(pod: PodInfo, object: KubeObject | undefined): boolean {
  if (object === undefined) return false;
  // The event is about nodes.
  const node = new NodeInfo("", new ResourceTable(1), 0);
  node.setNode(object as Node);
  return refusal(pod, node) === undefined;
}

/** A pod that left a node frees something; one that had none frees nothing. */
function frees(_pod: PodInfo, object: KubeObject | undefined): boolean {
  // The event is about pods.
  return ((object as Pod | undefined)?.spec?.nodeName ?? "") !== "";
}
