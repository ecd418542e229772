/**
 * Stops containers as their pod asks for: hooks first, a stop signal, and the end of patience; sidecars
 * after all others, the last one first.
 *
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer, kuberuntime_termination_order.go @1.36
 */
import type { Container, Pod } from "@kubets/api/core/v1";
import { sleep } from "@kubets/service";
import { containerReference } from "../events/event-sink.ts";
import type { KillReason } from "../pod/plan-input.ts";
import { containerNamed, isSidecar, specOf, uidOf } from "../pod/pod-facts.ts";
import { type PodRuntime, podIps, type RuntimeContainer } from "../pod/pod-runtime.ts";
import type { PodContext } from "./pod-context.ts";

export interface KillContainerInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly id: string;
  readonly podIp: string;
  /** Empty: "Stopping container …". */
  readonly message: string;
  readonly reason: KillReason | undefined;
  readonly graceSeconds?: number;
  /** Resolves when the containers that have to end before this one have. */
  readonly turn?: Promise<void>;
  readonly signal: AbortSignal;
}

/** Every container gets at least this long to end by itself. */
const GRACE_SECONDS_MIN = 2;

export async function killContainer(context: PodContext, input: KillContainerInput): Promise<void> {
  const { clock, events, runtime } = context;
  const { pod, container, id, signal } = input;
  let graceSeconds = input.graceSeconds ?? graceOf(pod, container, input.reason);
  const message = input.message || `Stopping container ${container.name}`;
  events.normal(containerReference(pod, container), "Killing", message);
  const startMs = clock.monotonicMs();
  const spentSeconds = () => Math.floor((clock.monotonicMs() - startMs) / 1000);
  if (container.lifecycle?.preStop !== undefined && graceSeconds > 0) {
    await runPreStop(context, input, graceSeconds);
  }
  if (input.turn !== undefined && graceSeconds > spentSeconds()) {
    await within(context, input.turn, (graceSeconds - spentSeconds()) * 1000, signal);
  }
  graceSeconds = Math.max(graceSeconds - spentSeconds(), GRACE_SECONDS_MIN);
  await runtime.stopContainer(id, graceSeconds, { signal });
}

/** Stops all that runs of a pod, and then its sandboxes. */
export async function killPod(
  context: PodContext,
  pod: Pod,
  runtime: PodRuntime,
  options: { readonly graceSeconds?: number; readonly signal: AbortSignal },
): Promise<void> {
  const running = runtime.containers.filter(({ state }) => state !== "exited");
  const podIp = podIps(runtime)[0] ?? "";
  const sidecarNames = (specOf(pod).initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const kill = (found: RuntimeContainer, turn?: Promise<void>) => {
    const container = containerNamed(pod, found.name)?.container ?? { name: found.name };
    if (found.state === "created") {
      return context.runtime.stopContainer(found.id, 0, { signal: options.signal });
    }
    return killContainer(context, {
      pod,
      container,
      id: found.id,
      podIp,
      message: "",
      reason: undefined,
      ...(options.graceSeconds === undefined ? {} : { graceSeconds: options.graceSeconds }),
      ...(turn === undefined ? {} : { turn }),
      signal: options.signal,
    });
  };
  const others = running.filter(({ name }) => !sidecarNames.includes(name));
  const sidecars = running
    .filter(({ name }) => sidecarNames.includes(name))
    .sort((a, b) => sidecarNames.indexOf(b.name) - sidecarNames.indexOf(a.name));
  const ended: Promise<void>[] = others.map((found) => kill(found));
  for (const sidecar of sidecars) {
    const before = Promise.allSettled([...ended]).then(() => undefined);
    ended.push(kill(sidecar, before));
  }
  const results = await Promise.allSettled(ended);
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  await Promise.all(
    runtime.sandboxes
      .filter(({ ready }) => ready)
      .map(({ id }) => context.runtime.stopSandbox(id, { signal: options.signal })),
  );
}

/** Upstream: setTerminationGracePeriod */
function graceOf(pod: Pod, container: Container, reason: KillReason | undefined): number {
  const deletion = pod.metadata.deletionGracePeriodSeconds;
  if (deletion !== undefined) return deletion;
  const own = specOf(pod).terminationGracePeriodSeconds;
  if (own === undefined) return GRACE_SECONDS_MIN;
  const probe =
    reason === "startupProbe"
      ? container.startupProbe
      : reason === "livenessProbe"
        ? container.livenessProbe
        : undefined;
  return probe?.terminationGracePeriodSeconds ?? own;
}

async function runPreStop(
  context: PodContext,
  input: KillContainerInput,
  graceSeconds: number,
): Promise<void> {
  const { pod, container, id, podIp, signal } = input;
  const handler = container.lifecycle?.preStop;
  if (handler === undefined) return;
  const { logger, events, hooks } = context;
  const limit = new AbortController();
  const hook = hooks({
    handler,
    container,
    containerId: id,
    podIp,
    signal: AbortSignal.any([signal, limit.signal]),
  }).catch((error: unknown) => {
    if (signal.aborted || limit.signal.aborted) return;
    logger.warn("a preStop hook failed", {
      podUid: uidOf(pod),
      container: container.name,
      error,
    });
    // The output may hold secrets, so the event does not carry it.
    events.warning(containerReference(pod, container), "FailedPreStopHook", "PreStopHook failed");
  });
  await within(context, hook, graceSeconds * 1000, signal);
  limit.abort();
}

/** Waits for `task`, but not longer than `limitMs`. */
async function within(
  context: PodContext,
  task: Promise<void>,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const late = sleep(context.clock, limitMs, AbortSignal.any([signal, done.signal])).catch(
    () => {},
  );
  await Promise.race([task, late]);
  done.abort();
}
