import type { ContainerStatus, Pod } from "@kubets/api/core/v1";
import { isSidecar, specOf } from "../pod/pod-facts.ts";
import { restartsAfterExit } from "../pod/restart-policy.ts";

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

export interface PhaseInput {
  readonly pod: Pod;
  /** App and init containers. */
  readonly statuses: readonly ContainerStatus[];
  /** Nothing will be started any more, whatever the policy. */
  readonly isTerminal: boolean;
  /** An app container ran in this sandbox. */
  readonly hasInitialized: boolean;
}

/** Upstream: pkg/kubelet/kubelet_pods.go getPhase @1.36 */
export function podPhase(input: PhaseInput): PodPhase {
  const inits = countInits(input);
  const apps = countApps(input);
  if (inits.failedForGood > 0) return "Failed";
  const isPending =
    inits.pending > 0 || (inits.pendingSidecars > 0 && !input.hasInitialized) || apps.waiting > 0;
  if (isPending || apps.unknown > 0) return "Pending";
  if (apps.running > 0) return "Running";
  if (apps.stopped === 0) return "Pending";
  if (!input.isTerminal && apps.stopped !== apps.stoppedForGood) return "Running";
  return apps.stopped === apps.succeeded ? "Succeeded" : "Failed";
}

function countInits(input: PhaseInput) {
  const spec = specOf(input.pod);
  const counts = { pending: 0, pendingSidecars: 0, failedForGood: 0 };
  for (const container of spec.initContainers ?? []) {
    const status = input.statuses.find(({ name }) => name === container.name);
    if (isSidecar(container)) {
      const { running, terminated } = status?.state ?? {};
      const hasEnded = terminated !== undefined || status?.lastState?.terminated !== undefined;
      const isStarted = running !== undefined ? status?.started === true : hasEnded;
      if (status !== undefined && !isStarted) counts.pendingSidecars += 1;
      continue;
    }
    const ended =
      status?.state?.terminated ??
      (status?.state?.waiting === undefined ? undefined : status.lastState?.terminated);
    if (ended === undefined) counts.pending += 1;
    else if (ended.exitCode !== 0 && !restartsAfterExit(container, spec, ended.exitCode)) {
      counts.failedForGood += 1;
    }
  }
  return counts;
}

function countApps(input: PhaseInput) {
  const spec = specOf(input.pod);
  const counts = {
    unknown: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    stoppedForGood: 0,
    succeeded: 0,
  };
  const stopped = (container: (typeof spec.containers)[number], exitCode: number) => {
    counts.stopped += 1;
    if (!restartsAfterExit(container, spec, exitCode)) counts.stoppedForGood += 1;
  };
  for (const container of (spec.initContainers ?? []).filter(isSidecar)) {
    const status = input.statuses.find(({ name }) => name === container.name);
    const { running, waiting, terminated } = status?.state ?? {};
    if (running !== undefined) counts.running += 1;
    else if (waiting !== undefined && status?.lastState?.terminated === undefined) {
      counts.waiting += 1;
    } else if (waiting === undefined && terminated === undefined) counts.unknown += 1;
  }
  for (const container of spec.containers) {
    const status = input.statuses.find(({ name }) => name === container.name);
    const { running, terminated, waiting } = status?.state ?? {};
    const last = status?.lastState?.terminated;
    if (running !== undefined) counts.running += 1;
    else if (terminated !== undefined) {
      stopped(container, terminated.exitCode);
      if (terminated.exitCode === 0) counts.succeeded += 1;
    } else if (waiting !== undefined && last !== undefined) stopped(container, last.exitCode);
    else if (waiting !== undefined) counts.waiting += 1;
    else counts.unknown += 1;
  }
  return counts;
}
