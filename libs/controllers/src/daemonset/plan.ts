/**
 * Which nodes need a daemon, which pods have to go, and the status.
 *
 * Upstream: pkg/controller/daemon/{daemon_controller,update}.go @1.36
 */
import { isPodAvailable, isPodReady, isPodTerminal, isPodTerminating } from "@kubets/api";
import type { DaemonSet, DaemonSetStatus } from "@kubets/api/apps/v1";
import type { Node, Pod } from "@kubets/api/core/v1";
import { isUpdated, targetNode } from "./daemon-pod.ts";
import { fitOf, type NodeFit } from "./node-fit.ts";
import { allowsSurge, planRolling } from "./rolling.ts";

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

/** A node and the set's pods for it, placed ones first, then the oldest. */
export interface NodePods {
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
    // One that has ended and is going holds nothing up.
    if (name === undefined || (isPodTerminal(pod) && isPodTerminating(pod))) continue;
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
  const maySurge = allowsSurge(daemonSet);
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
    if (!maySurge) {
      surplus.push(...running.slice(1));
      continue;
    }
    // With a surge nothing waits for pods that are going.
    if (running.length === 0 && fit.shouldRun) create.push(node.metadata.name ?? "");
    // One old and one new may stand side by side, while the old one serves and until the new one does.
    const fresh = running.filter((pod) => isUpdated(pod, daemonSet, hash));
    const stale = running.filter((pod) => !isUpdated(pod, daemonSet, hash));
    const [[newest], [oldest]] = [fresh, stale];
    const isReplaced =
      newest !== undefined &&
      oldest !== undefined &&
      (!isPodReady(oldest) || isPodAvailable(newest, minReadySeconds, nowMs));
    surplus.push(...fresh.slice(1), ...stale.slice(isReplaced ? 0 : 1));
  }
  // Pods for nodes that are gone will never be placed.
  const known = new Set(perNode.map(({ node }) => node.metadata.name));
  for (const pod of input.pods) {
    const isPlaced = (pod.spec?.nodeName ?? "") !== "";
    if (!isPlaced && !isPodTerminating(pod) && !known.has(targetNode(pod))) surplus.push(pod);
  }
  return { create, delete: [...ended.keys(), ...surplus], ended };
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
    // The oldest speaks for the node, so that an old pod counts until it is gone.
    const [pod] = pods;
    if (pod === undefined) continue;
    scheduled++;
    if (isPodReady(pod)) ready++;
    if (isPodReady(pod) && isPodAvailable(pod, minReadySeconds, nowMs)) available++;
    if (isUpdated(pod, daemonSet, hash)) updated++;
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
