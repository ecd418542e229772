/**
 * Which init containers have to be started: one after the other, sidecars going on beside them. Looked at
 * from the last one back, since the runtime may have lost the earlier ones that completed.
 *
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go computeInitContainerActions @1.36
 */
import type { Container } from "@kubets/api/core/v1";
import { containerHash } from "./container-hash.ts";
import { type ContainerKill, type PlanInput, unknownStateKill } from "./plan-input.ts";
import { isSidecar, specOf } from "./pod-facts.ts";
import { latestContainer, type RuntimeContainer } from "./pod-runtime.ts";
import { restartsAfterKill, shouldBeStarted } from "./restart-policy.ts";

export interface InitPlan {
  /** App containers may run. */
  readonly initialized: boolean;
  /** An init container failed for good: the pod is over. */
  readonly failed: boolean;
  /** In the order of the spec. */
  readonly start: readonly Container[];
  readonly kill: readonly ContainerKill[];
}

export function planInitContainers(input: PlanInput): InitPlan {
  const { pod, runtime } = input;
  const spec = specOf(pod);
  const inits = spec.initContainers ?? [];
  if (inits.length === 0) return { initialized: true, failed: false, start: [], kill: [] };

  // An app container that is there in this sandbox shows that initialisation was over once.
  let initialized = spec.containers.some(({ name }) => {
    const state = latestContainer(runtime, name)?.state;
    return state === "created" || state === "running";
  });
  let earlierAreDone = initialized;
  const start = new Set<number>();
  const kill: ContainerKill[] = [];

  for (let index = inits.length - 1; index >= 0; index--) {
    const container = inits[index];
    if (container === undefined) continue;
    const latest = latestContainer(runtime, container.name);
    if (latest === undefined) {
      if (earlierAreDone && isSidecar(container)) start.add(index);
      continue;
    }
    if (earlierAreDone && !isSidecar(container)) continue;
    const outcome = isSidecar(container)
      ? judgeSidecar(input, container, latest)
      : judgeInit(input, container, latest);
    if (outcome.failed) return { initialized: false, failed: true, start: [], kill };
    if (outcome.kill !== undefined) kill.push(outcome.kill);
    if (outcome.restart) start.add(index);
    if (outcome.done) {
      if (index === inits.length - 1) initialized = true;
      else if (!isSidecar(container) || !earlierAreDone) start.add(index + 1);
    }
    earlierAreDone = true;
  }
  if (!earlierAreDone) start.add(0);
  return {
    initialized,
    failed: false,
    start: inits.filter((_, index) => start.has(index)),
    kill,
  };
}

interface Outcome {
  readonly failed?: boolean;
  readonly restart?: boolean;
  /** The next init container may begin. */
  readonly done?: boolean;
  readonly kill?: ContainerKill;
}

function judgeInit(input: PlanInput, container: Container, latest: RuntimeContainer): Outcome {
  const { pod, runtime } = input;
  switch (latest.state) {
    case "created":
      // The runtime failed to start it.
      return { restart: true };
    case "running":
      return {};
    case "exited":
      if (latest.exitCode === 0) return { done: true };
      return shouldBeStarted(container, pod, runtime) ? { restart: true } : { failed: true };
    case "unknown":
      if (!restartsAfterKill(container, specOf(pod))) return { failed: true };
      return { restart: true, kill: unknownStateKill(latest, "Init container") };
  }
}

function judgeSidecar(input: PlanInput, container: Container, latest: RuntimeContainer): Outcome {
  const { probes } = input;
  const killed = (what: string, reason: ContainerKill["reason"]): ContainerKill => ({
    id: latest.id,
    name: container.name,
    reason,
    message: `Init container ${container.name} ${what}`,
  });
  switch (latest.state) {
    case "created":
    case "exited":
      return { restart: true };
    case "unknown":
      return { restart: true, kill: unknownStateKill(latest, "Init container") };
    case "running": {
      if (container.startupProbe !== undefined) {
        const startup = probes.result(latest.id, "startup");
        if (startup === "failure") {
          return { restart: true, kill: killed("failed startup probe", "startupProbe") };
        }
        if (startup !== "success") return {};
      }
      if (latest.hash !== containerHash(container)) {
        return {
          done: true,
          restart: true,
          kill: killed("definition changed", "definitionChanged"),
        };
      }
      if (
        container.livenessProbe !== undefined &&
        probes.result(latest.id, "liveness") === "failure"
      ) {
        return {
          done: true,
          restart: true,
          kill: killed("failed liveness probe", "livenessProbe"),
        };
      }
      return { done: true };
    }
  }
}
