/**
 * All nodes and the pods on them, kept in step with the informers, plus the pods that this scheduler has
 * placed and whose binding the informers have not confirmed yet (assumed pods). Everything is updated in
 * place and in time proportional to the change; who keeps results asks which nodes have changed since.
 *
 * A pod's way: assume → (bind) → confirmed by the informer; or assume → forget when binding failed. A pod
 * that the informer shows elsewhere than assumed is where the informer shows it.
 *
 * Upstream: pkg/scheduler/backend/cache/cache.go @1.36
 */
import type { Node } from "@kubets/api/core/v1";
import type { ClusterView } from "./cluster-view.ts";
import { ImageCounts } from "./image-counts.ts";
import { NodeInfo } from "./node-info.ts";
import { zoneOf, zonesInTurn } from "./node-order.ts";
import { Nominations } from "./nominations.ts";
import type { PodInfo } from "./pod-info.ts";
import { ResourceTable } from "./resource-table.ts";

interface Placed {
  info: PodInfo;
  readonly nodeName: string;
  isAssumed: boolean;
}

export class ClusterState implements ClusterView {
  readonly #table = new ResourceTable();
  readonly #byName = new Map<string, NodeInfo>();
  readonly #pods = new Map<string, Placed>();
  readonly #images = new ImageCounts();
  readonly #nominations = new Nominations();
  readonly nodesWithAffinity = new Set<NodeInfo>();
  readonly nodesWithRequiredAntiAffinity = new Set<NodeInfo>();
  /** Slots to use again, with the node that had each, which is still in the list of changes. */
  readonly #freeSlots: NodeInfo[] = [];
  #slots = 0;
  #order: readonly NodeInfo[] | undefined;
  #newest: NodeInfo | undefined;
  #version = 0;
  #assumedPods = 0;
  #preferNoSchedule = 0;

  /** Grows with every change of any node. */
  get version(): number {
    return this.#version;
  }
  /** Every slot that was ever in use is below it. */
  get slots(): number {
    return this.#slots;
  }
  get nodes(): readonly NodeInfo[] {
    this.#order ??= zonesInTurn(
      [...this.#byName.values()].filter((each) => each.node !== undefined),
    );
    return this.#order;
  }
  get podCount(): number {
    return this.#pods.size;
  }
  get assumedPods(): number {
    return this.#assumedPods;
  }
  get preferNoScheduleNodes(): number {
    return this.#preferNoSchedule;
  }
  get imagesVersion(): number {
    return this.#images.version;
  }
  imageNodes(name: string): number {
    return this.#images.nodes(name);
  }
  node(name: string): NodeInfo | undefined {
    const node = this.#byName.get(name);
    return node?.node === undefined ? undefined : node;
  }
  nominatedPods(nodeName: string): readonly PodInfo[] {
    return this.#nominations.on(nodeName);
  }
  hasPod(uid: string): boolean {
    return this.#pods.has(uid);
  }
  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.isAssumed === true;
  }

  /** Visits every node that changed after the version, newest change first; also nodes that are gone. */
  changedSince(version: number, visit: (node: NodeInfo) => void): void {
    for (let node = this.#newest; node !== undefined && node.version > version; node = node.older) {
      visit(node);
    }
  }

  setNode(object: Node): void {
    const name = object.metadata.name ?? "";
    const node = this.#byName.get(name) ?? this.#addSlot(name);
    const before = node.node === undefined ? undefined : zoneOf(node);
    this.#preferNoSchedule -= prefersNoSchedule(node);
    const images = node.images;
    node.setNode(object);
    this.#images.replace(images, node.images);
    if (before === undefined) this.#images.nodeCountChanged();
    this.#preferNoSchedule += prefersNoSchedule(node);
    if (before !== zoneOf(node)) this.#order = undefined;
    this.#touch(node);
  }

  removeNode(name: string): void {
    const node = this.#byName.get(name);
    if (node === undefined) return;
    this.#preferNoSchedule -= prefersNoSchedule(node);
    const images = node.images;
    node.unsetNode();
    this.#images.replace(images, node.images);
    this.#images.nodeCountChanged();
    this.#order = undefined;
    this.#touch(node);
    this.#dropEmpty(node);
  }

  /** Counts the pod to the node before its binding is known to the server. */
  assume(info: PodInfo, nodeName: string): void {
    if (this.#pods.has(info.uid)) throw new Error(`pod ${info.key} is placed already`);
    this.#place({ info, nodeName, isAssumed: true });
    this.#assumedPods++;
  }

  /** Takes an assumed pod back; one that the informer has confirmed stays. */
  forget(uid: string): void {
    const placed = this.#pods.get(uid);
    if (placed?.isAssumed !== true) return;
    this.#displace(placed);
    this.#assumedPods--;
  }

  /** The informer shows the pod on a node, anew or changed. */
  setPod(info: PodInfo): void {
    const { uid, nodeName } = info;
    const placed = this.#pods.get(uid);
    if (placed !== undefined) {
      if (placed.isAssumed) this.#assumedPods--;
      if (placed.nodeName === nodeName && isSameLoad(placed.info, info)) {
        placed.isAssumed = false;
        placed.info = info;
        this.#byName.get(nodeName)?.pods.set(uid, info);
        return;
      }
      this.#displace(placed);
    }
    this.#place({ info, nodeName, isAssumed: false });
  }

  removePod(uid: string): void {
    const placed = this.#pods.get(uid);
    if (placed === undefined) return;
    if (placed.isAssumed) this.#assumedPods--;
    this.#displace(placed);
  }

  /** The pod waits for room on the node; replaces an older nomination of it. */
  nominate(info: PodInfo, nodeName: string): void {
    this.unnominate(info.uid);
    this.#nominations.add(info, nodeName);
    const node = this.#byName.get(nodeName);
    if (node !== undefined) this.#touch(node);
  }
  unnominate(uid: string): void {
    const nodeName = this.#nominations.remove(uid);
    const node = nodeName === undefined ? undefined : this.#byName.get(nodeName);
    if (node !== undefined) this.#touch(node);
  }
  nominatedNode(uid: string): string | undefined {
    return this.#nominations.nodeOf(uid);
  }

  #place(placed: Placed): void {
    const { info, nodeName } = placed;
    const node = this.#byName.get(nodeName) ?? this.#addSlot(nodeName);
    this.#pods.set(info.uid, placed);
    node.addPod(info);
    if (info.hasAffinity) this.#trackAffinity(node);
    this.#touch(node);
  }

  #displace({ info, nodeName }: Placed): void {
    this.#pods.delete(info.uid);
    const node = this.#byName.get(nodeName);
    if (node === undefined) return;
    node.removePod(info.uid);
    if (info.hasAffinity) this.#trackAffinity(node);
    this.#touch(node);
    this.#dropEmpty(node);
  }

  #trackAffinity(node: NodeInfo): void {
    if (node.podsWithAffinity.size > 0) this.nodesWithAffinity.add(node);
    else this.nodesWithAffinity.delete(node);
    if (node.podsWithRequiredAntiAffinity.size > 0) this.nodesWithRequiredAntiAffinity.add(node);
    else this.nodesWithRequiredAntiAffinity.delete(node);
  }

  #addSlot(name: string): NodeInfo {
    const former = this.#freeSlots.pop();
    if (former !== undefined) this.#unlink(former);
    const node = new NodeInfo(name, this.#table, former?.slot ?? this.#slots++);
    this.#byName.set(name, node);
    return node;
  }

  /** A node that is gone and has no pods left gives its slot back. */
  #dropEmpty(node: NodeInfo): void {
    if (node.node !== undefined || node.pods.size > 0) return;
    this.#byName.delete(node.name);
    this.#freeSlots.push(node);
  }

  /** Moves the node to the head of the list of changes. */
  #touch(node: NodeInfo): void {
    node.version = ++this.#version;
    if (this.#newest === node) return;
    this.#unlink(node);
    node.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink(node: NodeInfo): void {
    const { newer, older } = node;
    if (newer !== undefined) newer.older = older;
    if (older !== undefined) older.newer = newer;
    if (this.#newest === node) this.#newest = older;
    node.newer = undefined;
    node.older = undefined;
  }
}

function prefersNoSchedule(node: NodeInfo): 0 | 1 {
  return node.taints.some((taint) => taint.effect === "PreferNoSchedule") ? 1 : 0;
}

/** Whether replacing one version of a pod by the other leaves the sums of its node as they are. */
function isSameLoad(old: PodInfo, current: PodInfo): boolean {
  const a = old.requests;
  const b = current.requests;
  return (
    a.milliCpu === b.milliCpu &&
    a.memory === b.memory &&
    a.ephemeralStorage === b.ephemeralStorage &&
    a.nonZeroMilliCpu === b.nonZeroMilliCpu &&
    a.nonZeroMemory === b.nonZeroMemory &&
    a.others.length === 0 &&
    b.others.length === 0 &&
    old.hostPorts.length === 0 &&
    current.hostPorts.length === 0 &&
    !old.hasAffinity &&
    !current.hasAffinity &&
    hasSameLabels(old.labels, current.labels) &&
    old.isDeleting === current.isDeleting
  );
}

function hasSameLabels(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
