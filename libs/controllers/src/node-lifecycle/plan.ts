/**
 * A node's health from what it last said: when its conditions become Unknown, and which taints follow from them.
 *
 * Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth @1.36
 */
import type { Node, NodeCondition, Taint } from "@kubets/api/core/v1";

/** What was last heard of a node, by the controller's own clock: a node's clock may be wrong. */
export interface Heartbeat {
  /** Changes whenever the node renewed its lease or wrote its status. */
  readonly signature: string;
  readonly heardMs: number;
}

export interface HealthTimes {
  /** --node-monitor-grace-period; default 50 s. */
  readonly graceMs: number;
  /** --node-startup-grace-period; default 60 s: for a node that never said anything. */
  readonly startupGraceMs: number;
}

const LIVENESS_CONDITIONS = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

export const conditionOf = (node: Node, type: string): NodeCondition | undefined =>
  node.status?.conditions?.find((condition) => condition.type === type);

/** A text that changes with every sign of life. */
export function signatureOf(node: Node, leaseRenewTime: string | undefined): string {
  const ready = conditionOf(node, "Ready");
  return `${leaseRenewTime ?? ""} ${ready?.lastHeartbeatTime ?? ""} ${ready?.status ?? ""} ${ready?.lastTransitionTime ?? ""}`;
}

/** How long until the node counts as silent; zero or less: it does now. */
export function silenceInMs(
  node: Node,
  heartbeat: Heartbeat,
  times: HealthTimes,
  nowMs: number,
): number {
  const graceMs = conditionOf(node, "Ready") === undefined ? times.startupGraceMs : times.graceMs;
  return heartbeat.heardMs + graceMs - nowMs;
}

/** The conditions of a silent node, or undefined when they say so already. */
export function silentConditions(node: Node, now: string): NodeCondition[] | undefined {
  const before = node.status?.conditions ?? [];
  let changed = false;
  const unknown = LIVENESS_CONDITIONS.map((type): NodeCondition => {
    const old = before.find((condition) => condition.type === type);
    if (old?.status === "Unknown") return old;
    changed = true;
    if (old === undefined) {
      return {
        type,
        status: "Unknown",
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: now,
      };
    }
    return {
      ...old,
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: now,
    };
  });
  if (!changed) return undefined;
  return [...before.filter(({ type }) => !LIVENESS_CONDITIONS.includes(type)), ...unknown];
}

export const TAINT_NOT_READY = "node.kubernetes.io/not-ready";
export const TAINT_UNREACHABLE = "node.kubernetes.io/unreachable";

/** By condition and status: the NoSchedule taint that says so. */
const CONDITION_TAINTS: readonly { type: string; status: string; key: string }[] = [
  { type: "Ready", status: "False", key: TAINT_NOT_READY },
  { type: "Ready", status: "Unknown", key: TAINT_UNREACHABLE },
  { type: "MemoryPressure", status: "True", key: "node.kubernetes.io/memory-pressure" },
  { type: "DiskPressure", status: "True", key: "node.kubernetes.io/disk-pressure" },
  { type: "NetworkUnavailable", status: "True", key: "node.kubernetes.io/network-unavailable" },
  { type: "PIDPressure", status: "True", key: "node.kubernetes.io/pid-pressure" },
];
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** The taints this controller owns, by effect; every other taint is left alone. */
function isOwned({ key, effect }: Taint): boolean {
  if (effect === "NoExecute") return key === TAINT_NOT_READY || key === TAINT_UNREACHABLE;
  return (
    effect === "NoSchedule" &&
    (key === UNSCHEDULABLE || CONDITION_TAINTS.some((taint) => taint.key === key))
  );
}

/**
 * The node's taints as its conditions want them, or undefined when they are so already. `evict` says whether a node
 * that is not Ready may lose its pods now; a taint that is there keeps its time.
 */
export function plannedTaints(node: Node, evict: boolean, now: string): Taint[] | undefined {
  const before = node.spec?.taints ?? [];
  const wanted: Taint[] = CONDITION_TAINTS.filter(
    ({ type, status }) => conditionOf(node, type)?.status === status,
  ).map(({ key }) => ({ key, effect: "NoSchedule" }));
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: "NoSchedule" });
  const readiness = wanted.find(({ key }) => key === TAINT_NOT_READY || key === TAINT_UNREACHABLE);
  if (readiness !== undefined && evict) wanted.push({ key: readiness.key, effect: "NoExecute" });

  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = before.filter(
    (taint) => !isOwned(taint) || wanted.some((other) => same(other, taint)),
  );
  const added = wanted
    .filter((taint) => !before.some((other) => same(other, taint)))
    .map((taint) => ({ ...taint, timeAdded: now }));
  if (kept.length === before.length && added.length === 0) return undefined;
  return [...kept, ...added];
}

/** Whether this node already has a NoExecute taint of ours. */
export const isEvicting = (node: Node): boolean =>
  (node.spec?.taints ?? []).some((taint) => taint.effect === "NoExecute" && isOwned(taint));
