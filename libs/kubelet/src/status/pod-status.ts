/**
 * The whole status of a pod, made anew from what is known now.
 *
 * Upstream: pkg/kubelet/kubelet_pods.go generateAPIPodStatus; pkg/kubelet/prober/prober_manager.go
 * UpdatePodStatus; pkg/kubelet/status/status_manager.go updateStatusInternal, TerminatePod @1.36
 */
import { formatTime, qosClass } from "@kubets/api";
import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from "@kubets/api/core/v1";
import type { ProbeResults } from "../pod/plan-input.ts";
import {
  containerNamed,
  containersOf,
  isFinishedPhase,
  isHostNetwork,
  isSidecar,
  specOf,
} from "../pod/pod-facts.ts";
import { latestContainer, type PodRuntime, podIps } from "../pod/pod-runtime.ts";
import { planSandbox } from "../pod/sandbox-plan.ts";
import { containerStatuses, type StartFailure } from "./container-statuses.ts";
import { KUBELET_CONDITIONS, kubeletConditions } from "./pod-conditions.ts";
import { type PodPhase, podPhase } from "./pod-phase.ts";

export interface PodStatusInput {
  readonly pod: Pod;
  /** The status that was made last, or the one in the API. */
  readonly previous: PodStatus;
  readonly runtime: PodRuntime;
  readonly runtimeName: string;
  readonly failures: ReadonlyMap<string, StartFailure>;
  readonly probes: ProbeResults;
  readonly isTerminal: boolean;
  /** A reason of our own to end the pod (eviction, a deadline, a refusal). */
  readonly verdict?: { readonly reason: string; readonly message: string };
  readonly hostIps: readonly string[];
  readonly supportsRecursiveReadOnly: boolean;
  readonly nowMs: number;
}

export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, previous, runtime } = input;
  const spec = specOf(pod);
  const ephemeral = containersOf(pod).filter(({ kind }) => kind === "ephemeral");
  const statusesOf = (
    kind: "init" | "app" | "ephemeral",
    containers: readonly Container[],
    old: readonly ContainerStatus[] | undefined,
  ) =>
    containerStatuses({ ...input, kind, containers, previous: old ?? [] }).map((status) =>
      withReadiness(input, status),
    );
  const apps = statusesOf("app", spec.containers, previous.containerStatuses);
  const inits = statusesOf("init", spec.initContainers ?? [], previous.initContainerStatuses);
  const extras = statusesOf(
    "ephemeral",
    ephemeral.map(({ container }) => container),
    previous.ephemeralContainerStatuses,
  ).map(({ started: _, ...status }) => status);

  const phase = phaseOf(input, [...apps, ...inits]);
  const keepsReason = phase === previous.phase;
  const { reason, message } =
    input.verdict ??
    (keepsReason
      ? {
          reason: previous.reason ?? pod.status?.reason,
          message: previous.message ?? pod.status?.message,
        }
      : {});
  const foreign = (pod.status?.conditions ?? []).filter(
    ({ type }) => !KUBELET_CONDITIONS.has(type),
  );
  const conditions = kubeletConditions({
    pod,
    phase,
    statuses: [...inits, ...apps],
    hasSandbox: !planSandbox(pod, runtime).needed,
    foreign,
  });
  const ips = addresses(input);
  const [hostIP] = input.hostIps;
  const generation = pod.metadata.generation;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: [...foreign, ...timed(conditions, previous.conditions ?? [], input.nowMs)],
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: input.hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: previous.startTime ?? formatTime(input.nowMs),
    ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
    containerStatuses: apps,
    qosClass: qosClass(pod),
    ...(extras.length > 0 ? { ephemeralContainerStatuses: extras } : {}),
  };
}

function phaseOf(input: PodStatusInput, statuses: readonly ContainerStatus[]): PodPhase {
  const { pod, previous, runtime } = input;
  // What is over stays over, in the API's view and in ours.
  for (const phase of [pod.status?.phase, previous.phase]) {
    if (phase === "Failed" || phase === "Succeeded") return phase;
  }
  if (input.verdict !== undefined) return "Failed";
  return podPhase({
    pod,
    statuses,
    isTerminal: input.isTerminal,
    hasInitialized: specOf(pod).containers.some(({ name }) => {
      const state = latestContainer(runtime, name)?.state;
      return state === "running" || state === "created";
    }),
  });
}

function withReadiness(input: PodStatusInput, status: ContainerStatus): ContainerStatus {
  const named = containerNamed(input.pod, status.name);
  if (named === undefined) return status;
  const { container, kind } = named;
  const id = status.containerID?.split("://")[1] ?? "";
  const isRunning = status.state?.running !== undefined;
  const before = statusOfContainer(input.previous, status.containerID);
  const startup = input.probes.result(id, "startup");
  const started =
    isRunning &&
    (container.startupProbe === undefined ||
      (startup === undefined ? before?.started === true : startup === "success"));
  if (kind === "init" && !isSidecar(container)) {
    return { ...status, started, ready: status.state?.terminated?.exitCode === 0 };
  }
  const readiness = input.probes.result(id, "readiness");
  const ready =
    started &&
    (container.readinessProbe === undefined ||
      (readiness === undefined ? before?.ready === true : readiness === "success"));
  return { ...status, started, ready };
}

/** What was said of this very container before; a kubelet that starts anew goes on from there. */
function statusOfContainer(status: PodStatus, id: string | undefined): ContainerStatus | undefined {
  if (id === undefined) return undefined;
  return [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].find(
    ({ containerID }) => containerID === id,
  );
}

/** A pod in the node's network has the node's addresses; the first ones it got stay its own. */
function addresses(input: PodStatusInput): readonly string[] {
  if (isHostNetwork(input.pod)) return input.hostIps.slice(0, 1);
  const current = podIps(input.runtime);
  if (current.length > 0) return current;
  const isOver = input.isTerminal || isFinishedPhase(input.previous.phase);
  return isOver ? (input.previous.podIPs ?? []).map(({ ip }) => ip) : [];
}

/** A condition keeps its time as long as its status stays. */
function timed(
  conditions: readonly PodCondition[],
  previous: readonly PodCondition[],
  nowMs: number,
): PodCondition[] {
  return conditions.map((condition) => {
    const old = previous.find(({ type }) => type === condition.type);
    const kept = old?.status === condition.status ? old.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: kept ?? formatTime(nowMs) };
  });
}

/**
 * The last status of a pod of which nothing runs any more: containers that were not seen to end count as
 * failed, and so does a pod that was still pending or running.
 */
export function finalStatus(status: PodStatus): PodStatus {
  const hasRun = (status.containerStatuses ?? []).some(
    ({ state, lastState }) =>
      state?.terminated !== undefined ||
      state?.running !== undefined ||
      lastState?.terminated !== undefined,
  );
  const inits = status.initContainerStatuses ?? [];
  const lastInit = hasRun
    ? inits.length - 1
    : inits.findLastIndex(
        ({ state, lastState }) =>
          state?.waiting === undefined || lastState?.terminated !== undefined,
      );
  const phase = isFinishedPhase(status.phase) ? status.phase : "Failed";
  return {
    ...status,
    phase,
    ...(hasRun ? { containerStatuses: (status.containerStatuses ?? []).map(lost) } : {}),
    ...(inits.length > 0
      ? {
          initContainerStatuses: inits.map((each, index) =>
            index <= lastInit ? lost(each) : each,
          ),
        }
      : {}),
  };
}

function lost(status: ContainerStatus): ContainerStatus {
  if (status.state?.terminated !== undefined) return status;
  return {
    ...status,
    ready: false,
    started: false,
    state: {
      terminated: {
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was terminated",
        exitCode: 137,
      },
    },
  };
}
