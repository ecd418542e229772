/**
 * What has to be done so that the runtime holds what a pod asks for: a function of the pod, what the runtime
 * says, what the probes found and the time. The worker performs the answer in the order of its fields and
 * chooses nothing itself.
 *
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions, SyncPod @1.36
 */
import type { Container, Pod } from "@kubets/api/core/v1";
import { containerHash } from "./container-hash.ts";
import { planInitContainers } from "./init-plan.ts";
import {
  type ContainerKill,
  type ContainerStart,
  type ContainerWait,
  type KillReason,
  type PlanInput,
  unknownStateKill,
} from "./plan-input.ts";
import { type ContainerKind, podText, specOf, uidOf } from "./pod-facts.ts";
import { latestContainer, type PodRuntime, type RuntimeContainer } from "./pod-runtime.ts";
import { restartsAfterKill, shouldBeStarted } from "./restart-policy.ts";
import { planSandbox, type SandboxPlan } from "./sandbox-plan.ts";

export type PlannedStart =
  | ({ readonly action: "start" } & ContainerStart)
  | ({ readonly action: "wait" } & ContainerWait);

export interface PodPlan {
  /** Stop every container and sandbox first. */
  readonly killAll: boolean;
  readonly sandbox: SandboxPlan | { readonly needed: "none" };
  /** Old init containers go when the pod begins anew in another sandbox. */
  readonly purgeInit: boolean;
  readonly kill: readonly ContainerKill[];
  /** In this order; a wait or a failure of an init container (sidecars excepted) ends the list of inits and apps. */
  readonly start: readonly PlannedStart[];
}

export function planPod(input: PlanInput): PodPlan {
  const { pod, runtime } = input;
  const sandbox = planSandbox(pod, runtime);
  return sandbox.needed ? planNewSandbox(input, sandbox) : planInSandbox(input, sandbox);
}

function planNewSandbox(input: PlanInput, sandbox: SandboxPlan & { needed: true }): PodPlan {
  const { pod, runtime } = input;
  const spec = specOf(pod);
  const stopOnly: PodPlan = {
    killAll: true,
    sandbox: { needed: "none" },
    purgeInit: false,
    kill: [],
    start: [],
  };
  const neverRestarts = (spec.restartPolicy ?? "Always") === "Never";
  if (neverRestarts && sandbox.attempt !== 0 && runtime.containers.length > 0) return stopOnly;
  const apps = spec.containers.filter((container) => !isDone(container, pod, runtime));
  // Nothing is left to run, and any app container at all shows that initialisation was over.
  if (apps.length === 0 && hasAnyApp(pod, runtime)) return stopOnly;
  const [firstInit] = spec.initContainers ?? [];
  const toStart =
    firstInit === undefined
      ? apps.map((container) => ({ kind: "app" as const, container }))
      : [{ kind: "init" as const, container: firstInit }];
  return {
    killAll: true,
    sandbox,
    purgeInit: true,
    kill: [],
    start: toStart.map(({ kind, container }) => plannedStart(input, kind, container)),
  };
}

function planInSandbox(input: PlanInput, sandbox: SandboxPlan & { needed: false }): PodPlan {
  const { pod, runtime } = input;
  const spec = specOf(pod);
  const kill: ContainerKill[] = [];
  const starts: { kind: ContainerKind; container: Container }[] = [];
  for (const { targetContainerName: _, ...container } of spec.ephemeralContainers ?? []) {
    // Ephemeral containers run once.
    if (latestContainer(runtime, container.name) === undefined) {
      starts.push({ kind: "ephemeral", container });
    }
  }
  const result = (killAll: boolean): PodPlan => ({
    killAll,
    sandbox,
    purgeInit: false,
    kill: killAll ? [] : kill,
    start: killAll ? [] : starts.map(({ kind, container }) => plannedStart(input, kind, container)),
  });

  const init = planInitContainers(input);
  kill.push(...init.kill);
  const initStarts = init.start.map((container) => ({ kind: "init" as const, container }));
  if (init.failed) return result(true);
  if (!init.initialized) {
    starts.push(...initStarts);
    return result(false);
  }

  let kept = 0;
  const appStarts: Container[] = [];
  for (const container of spec.containers) {
    const latest = latestContainer(runtime, container.name);
    if (latest === undefined || latest.state !== "running") {
      if (!shouldBeStarted(container, pod, runtime)) continue;
      appStarts.push(container);
      if (latest?.state === "unknown") kill.push(unknownStateKill(latest, "Container"));
      continue;
    }
    const why = reasonToKill(input, container, latest);
    if (why === undefined) {
      kept += 1;
      continue;
    }
    const restarts = why.always || restartsAfterKill(container, spec);
    if (restarts) appStarts.push(container);
    kill.push({
      id: latest.id,
      name: container.name,
      reason: why.reason,
      message: restarts ? `${why.message}, will be restarted` : why.message,
    });
  }
  if (kept === 0 && appStarts.length === 0) return result(true);
  starts.push(...initStarts);
  starts.push(...appStarts.map((container) => ({ kind: "app" as const, container })));
  return result(false);
}

function reasonToKill(
  input: PlanInput,
  container: Container,
  latest: RuntimeContainer,
): { message: string; reason: KillReason; always: boolean } | undefined {
  const { probes } = input;
  if (latest.hash !== containerHash(container)) {
    const message = `Container ${container.name} definition changed`;
    return { message, reason: "definitionChanged", always: true };
  }
  if (probes.result(latest.id, "liveness") === "failure") {
    const message = `Container ${container.name} failed liveness probe`;
    return { message, reason: "livenessProbe", always: false };
  }
  if (probes.result(latest.id, "startup") === "failure") {
    const message = `Container ${container.name} failed startup probe`;
    return { message, reason: "startupProbe", always: false };
  }
  return undefined;
}

function isDone(container: Container, pod: Pod, runtime: PodRuntime): boolean {
  const policy = container.restartPolicy ?? specOf(pod).restartPolicy;
  if (policy !== "OnFailure") return false;
  const latest = latestContainer(runtime, container.name);
  return latest?.state === "exited" && latest.exitCode === 0;
}

function hasAnyApp(pod: Pod, runtime: PodRuntime): boolean {
  return specOf(pod).containers.some(({ name }) => latestContainer(runtime, name) !== undefined);
}

function plannedStart(input: PlanInput, kind: ContainerKind, container: Container): PlannedStart {
  const { pod, runtime, backOff, nowMs } = input;
  const latest = latestContainer(runtime, container.name);
  const restartCount = latest === undefined ? undefined : latest.restartCount + 1;
  const ended = runtime.containers.find(
    ({ name, state }) => name === container.name && state === "exited",
  );
  if (ended === undefined) return { action: "start", kind, container, restartCount };
  const key = backOffKey(pod, container);
  const untilMs = backOff.waitUntil(key, ended.finishedAtMs, nowMs);
  if (untilMs === undefined) {
    const advance = { key, sinceMs: ended.finishedAtMs };
    return { action: "start", kind, container, restartCount, backOff: advance };
  }
  const delay = goSeconds(backOff.delayOf(key));
  return {
    action: "wait",
    kind,
    container,
    untilMs,
    message: `back-off ${delay} restarting failed container=${container.name} pod=${podText(pod)}`,
  };
}

/** Changes with the spec, so that a corrected container starts at once. */
export function backOffKey(pod: Pod, container: Container): string {
  return `${uidOf(pod)}/${container.name}/${containerHash(container)}`;
}

/** Whole seconds as Go prints them: "10s", "2m40s", "5m0s". */
function goSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
