/** Performs a plan: kills, then the sandbox, then starts, in the order the plan has. */
import type { Pod } from "@kubets/api/core/v1";
import { RuntimeError } from "@kubets/cri";
import { sandboxConfig } from "../container/sandbox-config.ts";
import { containerReference, podReference } from "../events/event-sink.ts";
import { errorText, KubeletError } from "../kubelet-error.ts";
import type { PlannedStart, PodPlan } from "../pod/plan.ts";
import { isHostNetwork, isSidecar, podText, specOf, uidOf } from "../pod/pod-facts.ts";
import { latestContainer, type PodRuntime, podIps } from "../pod/pod-runtime.ts";
import type { StartFailure } from "../status/container-statuses.ts";
import type { MountedVolume } from "../volumes/volume-manager.ts";
import { killContainer, killPod } from "./kill-pod.ts";
import type { PodContext } from "./pod-context.ts";
import { startContainer } from "./start-container.ts";

export interface ExecutePlanInput {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly plan: PodPlan;
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  /** Why containers could not be started; brought up to date. */
  readonly failures: Map<string, StartFailure>;
  /** The sandbox is there, containers are not yet: a good time to tell the API. */
  readonly onSandboxReady: () => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Execution {
  /** When to look again, because a back-off is over then. */
  readonly wakeAtMs: number | undefined;
  readonly failed: boolean;
}

/** After a failure whose end nobody announces. Upstream: backOffPeriod. */
const RETRY_MS = 10_000;

export async function executePlan(
  context: PodContext,
  input: ExecutePlanInput,
): Promise<Execution> {
  const { plan, runtime, pod, signal } = input;
  if (plan.sandbox.needed === true && plan.sandbox.replacedId !== undefined) {
    const message = "Pod sandbox changed, it will be killed and re-created.";
    context.events.normal(podReference(pod), "SandboxChanged", message);
  }
  if (plan.killAll) await killPod(context, pod, runtime, { signal });
  else await performKills(context, input);
  await pruneInitContainers(context, input);
  if (plan.sandbox.needed === "none") return { wakeAtMs: undefined, failed: false };
  const sandbox = await provideSandbox(context, input);
  return performStarts(context, input, sandbox);
}

async function performKills(context: PodContext, input: ExecutePlanInput): Promise<void> {
  const { pod, plan, runtime, signal } = input;
  await Promise.all(
    plan.kill.map(({ id, name, message, reason }) => {
      const container = specContainer(pod, name);
      const podIp = podIps(runtime)[0] ?? "";
      return killContainer(context, { pod, container, id, podIp, message, reason, signal });
    }),
  );
}

function specContainer(pod: Pod, name: string) {
  const spec = specOf(pod);
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return all.find((container) => container.name === name) ?? { name };
}

/**
 * Of init containers that ended, only the newest of each stays; none when the pod begins anew.
 *
 * Upstream: pruneInitContainersBeforeStart, purgeInitContainers
 */
async function pruneInitContainers(context: PodContext, input: ExecutePlanInput): Promise<void> {
  const { pod, plan, runtime, signal } = input;
  for (const { name } of specOf(pod).initContainers ?? []) {
    const ended = runtime.containers.filter(
      (each) => each.name === name && each.state !== "running",
    );
    for (const { id } of plan.purgeInit ? ended : ended.slice(2)) {
      await context.runtime.removeContainer(id, { signal });
    }
  }
}

interface ReadySandbox {
  readonly id: string;
  readonly attempt: number;
  readonly ips: readonly string[];
}

async function provideSandbox(context: PodContext, input: ExecutePlanInput): Promise<ReadySandbox> {
  const { pod, plan, runtime, signal } = input;
  if (plan.sandbox.needed !== true) {
    if (plan.sandbox.needed === "none") throw new TypeError("the plan has no sandbox");
    return { ...plan.sandbox, ips: podIps(runtime) };
  }
  const { attempt } = plan.sandbox;
  context.metrics.startedPods.inc();
  const config = sandboxConfig({
    pod,
    attempt,
    cgroupParent: context.cgroups.parentOf(pod),
    podLogsDir: context.podLogsDir,
    dns: context.dns(),
  });
  try {
    if (specOf(pod).hostUsers === false && !context.supportsUserNamespaces()) {
      throw new KubeletError(
        "invalidSpec",
        "the container runtime cannot give pods user namespaces",
      );
    }
    const handler = await context.runtimeHandler(specOf(pod).runtimeClassName);
    const id = await context.runtime.runSandbox(config, handler, { signal });
    const status = await context.runtime.sandboxStatus(id, { signal });
    await input.onSandboxReady();
    return { id, attempt, ips: status.ips };
  } catch (error) {
    if (signal.aborted) throw error;
    context.metrics.startedPodErrors.inc();
    const text = error instanceof RuntimeError ? error.rpcText : errorText(error);
    context.events.warning(
      podReference(pod),
      "FailedCreatePodSandBox",
      `Failed to create pod sandbox: ${text}`,
    );
    throw error;
  }
}

async function performStarts(
  context: PodContext,
  input: ExecutePlanInput,
  sandbox: ReadySandbox,
): Promise<Execution> {
  const { pod, plan, failures } = input;
  const config = sandboxConfig({
    pod,
    attempt: sandbox.attempt,
    cgroupParent: context.cgroups.parentOf(pod),
    podLogsDir: context.podLogsDir,
    dns: context.dns(),
  });
  const ips = isHostNetwork(pod) ? context.node().hostIps : sandbox.ips;
  let wakeAtMs: number | undefined;
  let failed = false;
  const wakeBy = (atMs: number) => {
    wakeAtMs = wakeAtMs === undefined ? atMs : Math.min(wakeAtMs, atMs);
  };
  for (const planned of plan.start) {
    const outcome = await performStart(context, input, planned, { config, ips, id: sandbox.id });
    if (outcome.failure === undefined) failures.delete(planned.container.name);
    else {
      failures.set(planned.container.name, outcome.failure);
      failed ||= planned.action === "start";
    }
    if (outcome.wakeAtMs !== undefined) wakeBy(outcome.wakeAtMs);
    // What comes after an init container waits for it, unless that is a sidecar that restarts.
    const blocks = planned.kind === "init" && !isSidecar(planned.container);
    if (outcome.failure !== undefined && blocks) break;
  }
  return { wakeAtMs, failed };
}

async function performStart(
  context: PodContext,
  input: ExecutePlanInput,
  planned: PlannedStart,
  sandbox: {
    readonly id: string;
    readonly config: ReturnType<typeof sandboxConfig>;
    readonly ips: readonly string[];
  },
): Promise<{ failure?: StartFailure; wakeAtMs?: number }> {
  const { pod, runtime, signal } = input;
  const { container } = planned;
  const nowMs = context.clock.now();
  if (planned.action === "wait") {
    const message = `Back-off restarting failed container ${container.name} in pod ${podText(pod)}`;
    context.events.warning(containerReference(pod, container), "BackOff", message);
    return {
      failure: { reason: "CrashLoopBackOff", message: planned.message },
      wakeAtMs: planned.untilMs,
    };
  }
  if (planned.backOff !== undefined) {
    context.restartBackOff.next(planned.backOff.key, planned.backOff.sinceMs, nowMs);
  }
  const outcome = await startContainer(context, {
    pod,
    start: planned,
    sandboxId: sandbox.id,
    sandbox: sandbox.config,
    podIps: sandbox.ips,
    volumes: input.volumes,
    idOf: (name) => latestContainer(runtime, name)?.id,
    signal,
  });
  if (outcome.started) return {};
  const { reason, message, retryAtMs } = outcome;
  context.logger.info("a container could not be started", {
    podUid: uidOf(pod),
    container: container.name,
    reason,
    message,
  });
  return {
    failure: { reason, message },
    wakeAtMs: retryAtMs ?? context.clock.now() + RETRY_MS,
  };
}
