/**
 * One node as the scheduler sees it: the object, the pods on it (bound or about to be) and the sums over
 * them, which live in a slot of the resource table.
 */
import type { Node, Taint } from "@kubets/api/core/v1";
import type { HostPort, PodInfo } from "./pod-info.ts";
import { amountOf } from "./pod-requests.ts";
import {
  at,
  CPU,
  EPHEMERAL_STORAGE,
  MEMORY,
  type ResourceTable,
  set,
  ResourceTable as Table,
} from "./resource-table.ts";
import { UsedPorts } from "./used-ports.ts";

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_TAINTS: readonly Taint[] = [];

export class NodeInfo {
  readonly name: string;
  readonly table: ResourceTable;
  readonly slot: number;
  readonly pods = new Map<string, PodInfo>();
  readonly usedPorts = new UsedPorts();
  /** Of the pods: those with any affinity between pods, and those with required anti-affinity. */
  readonly podsWithAffinity = new Set<PodInfo>();
  readonly podsWithRequiredAntiAffinity = new Set<PodInfo>();
  /** Absent while pods are known whose node is not. */
  node: Node | undefined;
  labels: Readonly<Record<string, string>> = NO_LABELS;
  taints: readonly Taint[] = NO_TAINTS;
  /** Size in bytes of each image on the node, by each of its names. */
  images: ReadonlyMap<string, number> = new Map();
  /** Grows with each change; from one counter for the whole cluster. */
  version = 0;
  /** Neighbours in the cluster's list of nodes by version; kept by the cluster. */
  newer: NodeInfo | undefined;
  older: NodeInfo | undefined;

  constructor(name: string, table: ResourceTable, slot: number) {
    this.name = name;
    this.table = table;
    this.slot = slot;
    table.reserve(slot);
    table.clear(slot);
  }

  setNode(node: Node): void {
    this.node = node;
    this.labels = node.metadata.labels ?? NO_LABELS;
    this.taints = node.spec?.taints ?? NO_TAINTS;
    this.images = imagesOf(node);
    const { table, slot } = this;
    table.clearAllocatable(slot);
    for (const [resource, quantity] of Object.entries(node.status?.allocatable ?? {})) {
      const value = amountOf(resource, quantity);
      if (resource === "pods") table.podsAllowed[slot] = value;
      else set(table.allocatable, table.column(resource), slot, value);
    }
  }

  /** The node is gone; pods may still be known. */
  unsetNode(): void {
    this.node = undefined;
    this.labels = NO_LABELS;
    this.taints = NO_TAINTS;
    this.images = new Map();
    this.table.clearAllocatable(this.slot);
  }

  addPod(pod: PodInfo): void {
    this.pods.set(pod.uid, pod);
    this.#count(pod, 1);
    for (const port of pod.hostPorts) this.usedPorts.add(port);
    if (pod.hasAffinity) this.podsWithAffinity.add(pod);
    if (pod.hasRequiredAntiAffinity) this.podsWithRequiredAntiAffinity.add(pod);
  }

  removePod(uid: string): PodInfo | undefined {
    const pod = this.pods.get(uid);
    if (pod === undefined) return undefined;
    this.pods.delete(uid);
    this.#count(pod, -1);
    for (const port of pod.hostPorts) this.usedPorts.remove(port);
    this.podsWithAffinity.delete(pod);
    this.podsWithRequiredAntiAffinity.delete(pod);
    return pod;
  }

  allocatable(column: number): number {
    return at(this.table.allocatable, column, this.slot);
  }
  requested(column: number): number {
    return at(this.table.requested, column, this.slot);
  }
  hasFreePort(port: HostPort): boolean {
    return !this.usedPorts.conflicts(port);
  }

  /** A copy on a table of its own, to try changes on. */
  clone(): NodeInfo {
    const table = new Table(1);
    const copy = new NodeInfo(this.name, table, 0);
    table.copyFrom(this.table, this.slot, 0);
    copy.node = this.node;
    copy.labels = this.labels;
    copy.taints = this.taints;
    copy.images = this.images;
    for (const pod of this.pods.values()) {
      copy.pods.set(pod.uid, pod);
      for (const port of pod.hostPorts) copy.usedPorts.add(port);
      if (pod.hasAffinity) copy.podsWithAffinity.add(pod);
      if (pod.hasRequiredAntiAffinity) copy.podsWithRequiredAntiAffinity.add(pod);
    }
    return copy;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    const { table, slot } = this;
    const { requests } = pod;
    const add = (column: number, value: number) => {
      if (value !== 0) {
        set(table.requested, column, slot, at(table.requested, column, slot) + sign * value);
      }
    };
    add(CPU, requests.milliCpu);
    add(MEMORY, requests.memory);
    add(EPHEMERAL_STORAGE, requests.ephemeralStorage);
    for (const [resource, value] of requests.others) add(table.column(resource), value);
    table.nonZeroMilliCpu[slot] =
      (table.nonZeroMilliCpu[slot] ?? 0) + sign * requests.nonZeroMilliCpu;
    table.nonZeroMemory[slot] = (table.nonZeroMemory[slot] ?? 0) + sign * requests.nonZeroMemory;
    table.podCount[slot] = (table.podCount[slot] ?? 0) + sign;
  }
}

function imagesOf(node: Node): ReadonlyMap<string, number> {
  const images = new Map<string, number>();
  for (const { names, sizeBytes = 0 } of node.status?.images ?? []) {
    for (const name of names ?? []) images.set(name, sizeBytes);
  }
  return images;
}
