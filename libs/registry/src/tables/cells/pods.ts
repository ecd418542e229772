/** Upstream: pkg/printers/internalversion/printers.go printPod @1.36 */
import { isSidecar, parseTime } from "@kubets/api";
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodSpec,
  PodStatus,
} from "@kubets/api/core/v1";
import { humanDuration, since } from "../human-duration.ts";
import { NONE } from "../text-cells.ts";

export function podCells(pod: Pod, nowMs: number): unknown[] {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  const status: PodStatus = pod.status ?? {};
  const seen = summarize(spec, status);
  return [
    pod.metadata.name ?? "",
    `${seen.ready}/${seen.total}`,
    finalReason(pod, status, seen.reason),
    restartsText(seen.restarts, nowMs),
    since(pod.metadata.creationTimestamp, nowMs),
    status.podIPs?.[0]?.ip || NONE,
    spec.nodeName || NONE,
    status.nominatedNodeName || NONE,
    readinessGates(spec, status),
  ];
}

interface Restarts {
  readonly count: number;
  readonly lastMs: number | undefined;
}
interface Summary {
  readonly reason: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: Restarts;
}

function summarize(spec: PodSpec, status: PodStatus): Summary {
  const sidecars = new Set(
    (spec.initContainers ?? []).filter(isSidecar).map(({ name }: Container) => name),
  );
  const total = spec.containers.length + sidecars.size;
  const start = startReason(status);
  const init = summarizeInit(spec, status, sidecars);
  if (init.reason !== undefined && !isConditionTrue(status, "Initialized")) {
    return { reason: init.reason, ready: init.ready, total, restarts: init.restarts };
  }
  const main = summarizeMain(status, init.reason ?? start);
  return {
    reason: main.reason,
    ready: init.ready + main.ready,
    total,
    restarts: addRestarts(init.sidecarRestarts, main.restarts),
  };
}

function startReason(status: PodStatus): string {
  const isGated = status.conditions?.some(
    ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
  );
  if (isGated) return "SchedulingGated";
  return status.reason || status.phase || "";
}

/** `reason` is set while the pod is still initializing. */
function summarizeInit(spec: PodSpec, status: PodStatus, sidecars: ReadonlySet<string>) {
  let restarts = NO_RESTARTS;
  let sidecarRestarts = NO_RESTARTS;
  let ready = 0;
  for (const [i, container] of (status.initContainerStatuses ?? []).entries()) {
    restarts = addRestarts(restarts, restartsOf(container));
    const isOneOf = sidecars.has(container.name);
    if (isOneOf) sidecarRestarts = addRestarts(sidecarRestarts, restartsOf(container));
    const { terminated } = container.state ?? {};
    if (terminated && terminated.exitCode === 0) continue;
    if (isOneOf && container.started) {
      if (container.ready) ready++;
      continue;
    }
    const reason = initReason(container.state, i, spec.initContainers?.length ?? 0);
    return { reason, ready, restarts, sidecarRestarts };
  }
  return { reason: undefined, ready, restarts, sidecarRestarts };
}

function initReason(state: ContainerState | undefined, index: number, count: number): string {
  const { terminated, waiting } = state ?? {};
  if (terminated) {
    if (terminated.reason) return `Init:${terminated.reason}`;
    return terminated.signal
      ? `Init:Signal:${terminated.signal}`
      : `Init:ExitCode:${terminated.exitCode}`;
  }
  if (waiting?.reason && waiting.reason !== "PodInitializing") return `Init:${waiting.reason}`;
  return `Init:${index}/${count}`;
}

function summarizeMain(status: PodStatus, start: string) {
  let reason = start;
  let restarts = NO_RESTARTS;
  let ready = 0;
  // The first container's reason wins, so it is looked at last.
  for (const container of [...(status.containerStatuses ?? [])].reverse()) {
    restarts = addRestarts(restarts, restartsOf(container));
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated?.reason) reason = terminated.reason;
    else if (terminated) {
      reason = terminated.signal
        ? `Signal:${terminated.signal}`
        : `ExitCode:${terminated.exitCode}`;
    } else if (container.ready && running) ready++;
  }
  if (reason === "Completed" && ready > 0) {
    reason = isConditionTrue(status, "Ready") ? "Running" : "NotReady";
  }
  return { reason, ready, restarts };
}

function finalReason(pod: Pod, status: PodStatus, reason: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (status.reason === "NodeLost") return "Unknown";
  return status.phase === "Succeeded" || status.phase === "Failed" ? reason : "Terminating";
}

const NO_RESTARTS: Restarts = { count: 0, lastMs: undefined };

function restartsOf({ restartCount, lastState }: ContainerStatus): Restarts {
  const finishedAt = lastState?.terminated?.finishedAt;
  return { count: restartCount, lastMs: finishedAt ? parseTime(finishedAt) : undefined };
}

function addRestarts(a: Restarts, b: Restarts): Restarts {
  const lastMs =
    a.lastMs === undefined || (b.lastMs !== undefined && b.lastMs > a.lastMs) ? b.lastMs : a.lastMs;
  return { count: a.count + b.count, lastMs };
}

function restartsText({ count, lastMs }: Restarts, nowMs: number): string {
  if (count === 0 || lastMs === undefined) return `${count}`;
  return `${count} (${humanDuration(nowMs - lastMs)} ago)`;
}

function readinessGates(spec: PodSpec, status: PodStatus): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const open = gates.filter(({ conditionType }) => isConditionTrue(status, conditionType)).length;
  return `${open}/${gates.length}`;
}

function isConditionTrue(status: PodStatus, type: string): boolean {
  return status.conditions?.find((condition) => condition.type === type)?.status === "True";
}
