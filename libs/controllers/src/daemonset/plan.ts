/**
 * Which nodes need a daemon, which pods have to go, and the status.
 *
 * Upstream: pkg/controller/daemon/{daemon_controller,update}.go @1.36
 */
import { isPodAvailable, isPodReady, isPodTerminating } from "@kubets/api";
import type { DaemonSet, DaemonSetStatus } from "@kubets/api/apps/v1";
import type { Node, Pod } from "@kubets/api/core/v1";
import { roundedShare } from "../pod-control/rounded-share.ts";
import { isUpdated, targetNode } from "./daemon-pod.ts";
import { fitOf, type NodeFit } from "./node-fit.ts";

export interface DaemonInput {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  /** All that it controls. */
  readonly pods: readonly Pod[];
  readonly hash: string;
  readonly nowMs: number;
}

export interface DaemonPlan {
  /** Names of nodes. */
  readonly create: readonly string[];
  readonly delete: readonly Pod[];
  /** Of those to delete: pods that ended by themselves, to be told about and, if they failed, not too often. */
  readonly ended: ReadonlyMap<Pod, "Failed" | "Succeeded">;
}

interface NodePods {
  readonly node: Node;
  readonly fit: NodeFit;
  readonly pods: readonly Pod[];
}

export function planDaemons(input: DaemonInput): DaemonPlan {
  const perNode = podsPerNode(input);
  const placed = planPlacing(input, perNode);
  // A rolling update begins when every node has what it should have.
  const isBusy = placed.create.length + placed.delete.length > 0;
  const isRolling =
    (input.daemonSet.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
  return isBusy || !isRolling ? placed : planRolling(input, perNode);
}

function podsPerNode({ daemonSet, nodes, pods }: DaemonInput): NodePods[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = targetNode(pod);
    if (name === undefined) continue;
    const known = byNode.get(name);
    if (known === undefined) byNode.set(name, [pod]);
    else known.push(pod);
  }
  return nodes.map((node) => ({
    node,
    fit: fitOf(daemonSet.spec?.template.spec, node),
    pods: oldestFirst(byNode.get(node.metadata.name ?? "") ?? []),
  }));
}

function planPlacing(input: DaemonInput, perNode: readonly NodePods[]): DaemonPlan {
  const { daemonSet, hash, nowMs } = input;
  const create: string[] = [];
  const surplus: Pod[] = [];
  const ended = new Map<Pod, "Failed" | "Succeeded">();
  const { maxSurge } = rollingLimits(daemonSet, perNode);
  const minReadySeconds = daemonSet.spec?.minReadySeconds ?? 0;
  for (const { node, fit, pods } of perNode) {
    if (fit.shouldRun && pods.length === 0) {
      create.push(node.metadata.name ?? "");
      continue;
    }
    const staying = pods.filter((pod) => !isPodTerminating(pod));
    if (!fit.mayStay) {
      surplus.push(...staying);
      continue;
    }
    const running: Pod[] = [];
    for (const pod of staying) {
      const phase = pod.status?.phase;
      if (phase === "Failed" || phase === "Succeeded") ended.set(pod, phase);
      else running.push(pod);
    }
    if (maxSurge === 0) {
      surplus.push(...running.slice(1));
      continue;
    }
    // One old and one new may stand side by side, until the new one serves.
    const fresh = running.filter((pod) => isUpdated(pod, daemonSet, hash));
    const stale = running.filter((pod) => !isUpdated(pod, daemonSet, hash));
    const [newest] = fresh;
    const isServing = newest !== undefined && isPodAvailable(newest, minReadySeconds, nowMs);
    surplus.push(...fresh.slice(1), ...stale.slice(isServing ? 0 : 1));
  }
  // Pods for nodes that are gone will never be placed.
  const known = new Set(perNode.map(({ node }) => node.metadata.name));
  for (const pod of input.pods) {
    const isPlaced = (pod.spec?.nodeName ?? "") !== "";
    if (!isPlaced && !isPodTerminating(pod) && !known.has(targetNode(pod))) surplus.push(pod);
  }
  return { create, delete: [...ended.keys(), ...surplus], ended };
}

function planRolling(input: DaemonInput, perNode: readonly NodePods[]): DaemonPlan {
  const { daemonSet, hash, nowMs } = input;
  const { maxSurge, maxUnavailable } = rollingLimits(daemonSet, perNode);
  const minReadySeconds = daemonSet.spec?.minReadySeconds ?? 0;
  const isAvailable = (pod: Pod) => isPodAvailable(pod, minReadySeconds, nowMs);
  let unavailable = 0;
  let surging = 0;
  const broken: NodePods[] = [];
  const healthy: NodePods[] = [];
  for (const each of perNode) {
    if (!each.fit.shouldRun) continue;
    const present = each.pods.filter((pod) => !isPodTerminating(pod));
    const fresh = present.find((pod) => isUpdated(pod, daemonSet, hash));
    const stale = present.find((pod) => !isUpdated(pod, daemonSet, hash));
    if (fresh !== undefined && stale !== undefined) surging++;
    else if (fresh !== undefined) unavailable += isAvailable(fresh) ? 0 : 1;
    else if (stale === undefined) unavailable++;
    else if (isAvailable(stale)) healthy.push(each);
    else {
      unavailable++;
      broken.push(each);
    }
  }
  const ended = new Map<Pod, "Failed" | "Succeeded">();
  if (maxSurge > 0) {
    const chosen = [...broken, ...healthy.slice(0, Math.max(0, maxSurge - surging))];
    return { create: chosen.map(({ node }) => node.metadata.name ?? ""), delete: [], ended };
  }
  const chosen = [...broken, ...healthy.slice(0, Math.max(0, maxUnavailable - unavailable))];
  const stale = chosen.flatMap(({ pods }) =>
    pods.filter((pod) => !isPodTerminating(pod) && !isUpdated(pod, daemonSet, hash)),
  );
  return { create: [], delete: stale, ended };
}

function rollingLimits(
  daemonSet: DaemonSet,
  perNode: readonly NodePods[],
): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const desired = perNode.filter(({ fit }) => fit.shouldRun).length;
  const strategy = daemonSet.spec?.updateStrategy;
  if (desired === 0 || (strategy?.type ?? "RollingUpdate") !== "RollingUpdate") {
    return { maxSurge: 0, maxUnavailable: 0 };
  }
  const maxSurge = roundedShare(strategy?.rollingUpdate?.maxSurge ?? 0, desired, "up");
  const maxUnavailable = roundedShare(strategy?.rollingUpdate?.maxUnavailable ?? 1, desired, "up");
  return {
    maxSurge,
    maxUnavailable: maxSurge === 0 ? Math.max(1, maxUnavailable) : maxUnavailable,
  };
}

export function daemonStatus(input: DaemonInput): DaemonSetStatus {
  const { daemonSet, hash, nowMs } = input;
  const minReadySeconds = daemonSet.spec?.minReadySeconds ?? 0;
  let [desired, scheduled, misscheduled, ready, available, updated] = [0, 0, 0, 0, 0, 0];
  for (const { fit, pods } of podsPerNode(input)) {
    if (!fit.shouldRun) {
      if (pods.length > 0) misscheduled++;
      continue;
    }
    desired++;
    if (pods.length === 0) continue;
    scheduled++;
    const current = pods.filter((pod) => !isPodTerminating(pod));
    if (current.some(isPodReady)) ready++;
    if (current.some((pod) => isPodAvailable(pod, minReadySeconds, nowMs))) available++;
    if (pods.some((pod) => isUpdated(pod, daemonSet, hash))) updated++;
  }
  const { generation } = daemonSet.metadata;
  const { collisionCount, conditions } = daemonSet.status ?? {};
  const count = (name: string, value: number) => (value === 0 ? {} : { [name]: value });
  return {
    currentNumberScheduled: scheduled,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...count("updatedNumberScheduled", updated),
    ...count("numberAvailable", available),
    ...count("numberUnavailable", desired - available),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

/** Placed pods before others, then the oldest first. */
function oldestFirst(pods: readonly Pod[]): Pod[] {
  return pods.toSorted((a, b) => {
    const isPlaced = ({ spec }: Pod) => ((spec?.nodeName ?? "") === "" ? 1 : 0);
    const created = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? "") || 0;
    return (
      isPlaced(a) - isPlaced(b) ||
      created(a) - created(b) ||
      ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1)
    );
  });
}
