/**
 * The conditions that a kubelet owns.
 *
 * Upstream: pkg/kubelet/status/generate.go @1.36
 */
import type { ContainerStatus, Pod, PodCondition } from "@kubets/api/core/v1";
import { isSidecar, specOf } from "../pod/pod-facts.ts";
import type { PodPhase } from "./pod-phase.ts";

export const KUBELET_CONDITIONS: ReadonlySet<string> = new Set([
  "PodScheduled",
  "Ready",
  "Initialized",
  "ContainersReady",
  "PodReadyToStartContainers",
  "AllContainersRestarting",
]);

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: PodPhase;
  readonly statuses: readonly ContainerStatus[];
  readonly hasSandbox: boolean;
  /** Conditions of others, among them readiness gates. */
  readonly foreign: readonly PodCondition[];
}

type Judged = Pick<PodCondition, "status" | "reason" | "message">;

export function kubeletConditions(input: ConditionInput): PodCondition[] {
  const generation = input.pod.metadata.generation;
  const condition = (type: string, judged: Judged): PodCondition => ({
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...judged,
  });
  const containersReady = judgeContainersReady(input);
  return [
    condition("PodReadyToStartContainers", { status: input.hasSandbox ? "True" : "False" }),
    condition("Initialized", judgeInitialized(input)),
    condition("Ready", judgeReady(input, containersReady)),
    condition("ContainersReady", containersReady),
    condition("PodScheduled", { status: "True" }),
  ];
}

function judgeContainersReady({ pod, phase, statuses }: ConditionInput): Judged {
  const spec = specOf(pod);
  const wanted = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of wanted) {
    const status = statuses.find((each) => each.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === "Succeeded" && unknown.length === 0) {
    return { status: "False", reason: "PodCompleted" };
  }
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const messages = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(" ")}]`] : []),
    ...(unready.length > 0 ? [`containers with unready status: [${unready.join(" ")}]`] : []),
  ];
  if (messages.length === 0) return { status: "True" };
  return { status: "False", reason: "ContainersNotReady", message: messages.join(", ") };
}

function judgeReady({ pod, foreign }: ConditionInput, containersReady: Judged): Judged {
  if (containersReady.status !== "True") return containersReady;
  const messages: string[] = [];
  for (const { conditionType } of specOf(pod).readinessGates ?? []) {
    const gate = foreign.find(({ type }) => type === conditionType);
    if (gate === undefined) {
      messages.push(
        `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
      );
    } else if (gate.status !== "True") {
      messages.push(
        `the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`,
      );
    }
  }
  if (messages.length === 0) return { status: "True" };
  return { status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}

function judgeInitialized({ pod, phase, statuses }: ConditionInput): Judged {
  const spec = specOf(pod);
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of spec.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (isSidecar(container) ? status.started !== true : !status.ready) {
      incomplete.push(container.name);
    }
  }
  if (phase === "Succeeded" && unknown.length === 0) {
    return { status: "True", reason: "PodCompleted" };
  }
  // An app container that started shows that the pod was initialised, even while a sidecar restarts.
  const hasStarted = spec.containers.some(({ name }) =>
    statuses.some((status) => status.name === name && status.started === true),
  );
  const messages = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(" ")}]`] : []),
    ...(incomplete.length > 0
      ? [`containers with incomplete status: [${incomplete.join(" ")}]`]
      : []),
  ];
  if (hasStarted || messages.length === 0) return { status: "True" };
  return { status: "False", reason: "ContainersNotInitialized", message: messages.join(", ") };
}
