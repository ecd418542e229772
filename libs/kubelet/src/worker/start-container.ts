/**
 * Brings one container to life: image, environment, mounts, create, start, postStart hook.
 *
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer @1.36
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Pod, Secret } from "@kubets/api/core/v1";
import { type ContainerConfig, type Image, RuntimeError, type SandboxConfig } from "@kubets/cri";
import { containerConfig } from "../container/container-config.ts";
import { makeEnvironment } from "../container/environment.ts";
import { podHostname } from "../container/hostname.ts";
import { podLogDirectory } from "../container/sandbox-config.ts";
import { containerReference } from "../events/event-sink.ts";
import { errorText, KubeletError } from "../kubelet-error.ts";
import type { ContainerStart } from "../pod/plan-input.ts";
import { namespaceOf, specOf, uidOf } from "../pod/pod-facts.ts";
import { containerMounts } from "../volumes/container-mounts.ts";
import type { MountedVolume } from "../volumes/volume-manager.ts";
import { killContainer } from "./kill-pod.ts";
import type { PodContext } from "./pod-context.ts";

export interface StartContainerInput {
  readonly pod: Pod;
  readonly start: ContainerStart;
  readonly sandboxId: string;
  readonly sandbox: SandboxConfig;
  readonly podIps: readonly string[];
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  /** Runtime ids by container name, for ephemeral containers that look into another one. */
  readonly idOf: (containerName: string) => string | undefined;
  readonly signal: AbortSignal;
}

export type StartOutcome =
  | { readonly started: true }
  | {
      readonly started: false;
      readonly reason: string;
      readonly message: string;
      readonly retryAtMs?: number;
    };

export async function startContainer(
  context: PodContext,
  input: StartContainerInput,
): Promise<StartOutcome> {
  const { pod, start, signal } = input;
  const { container } = start;
  const { events, runtime, metrics } = context;
  const ref = containerReference(pod, container);
  const type =
    start.kind === "app"
      ? "container"
      : start.kind === "init"
        ? "init_container"
        : "ephemeral_container";
  metrics.startedContainers.inc({ container_type: type });
  const fail = (reason: string, message: string, retryAtMs?: number): StartOutcome => {
    events.warning(
      ref,
      "Failed",
      `Error: ${reason.startsWith("Create") || reason === "RunContainerError" ? message : reason}`,
    );
    metrics.startedContainerErrors.inc({ container_type: type, code: reason });
    return { started: false, reason, message, ...(retryAtMs === undefined ? {} : { retryAtMs }) };
  };

  const outcome = await context.images.ensure({
    pod,
    container,
    ref,
    secrets: await pullSecrets(context, pod),
    sandbox: input.sandbox,
    signal,
  });
  if (!outcome.found) return fail(outcome.reason, outcome.message, outcome.retryAtMs);

  let config: ContainerConfig;
  try {
    config = await prepare(context, input, outcome);
  } catch (error) {
    if (signal.aborted || !(error instanceof KubeletError)) throw error;
    return fail("CreateContainerConfigError", error.message);
  }
  let id: string;
  try {
    id = await runtime.createContainer(input.sandboxId, config, input.sandbox, { signal });
  } catch (error) {
    return refused(error, signal, (message) => fail("CreateContainerError", message));
  }
  events.normal(ref, "Created", "Container created");
  try {
    await runtime.startContainer(id, { signal });
  } catch (error) {
    return refused(error, signal, (message) => fail("RunContainerError", message));
  }
  events.normal(ref, "Started", "Container started");
  return runPostStart(context, input, id);
}

function refused(
  error: unknown,
  signal: AbortSignal,
  fail: (message: string) => StartOutcome,
): StartOutcome {
  if (signal.aborted || !(error instanceof RuntimeError)) throw error;
  return fail(error.message);
}

async function prepare(
  context: PodContext,
  input: StartContainerInput,
  found: { readonly imageRef: string; readonly image: Image | undefined },
): Promise<ContainerConfig> {
  const { pod, start, podIps } = input;
  const { container } = start;
  const node = context.node();
  await context.servicesSynced(input.signal);
  const env = await makeEnvironment({
    pod,
    container,
    around: { podIps, hostIps: node.hostIps, allocatable: node.allocatable },
    config: context.config,
    services: context.services(),
  });
  const restartCount = start.restartCount ?? (await restartCountFromLogs(context, input));
  const mounts = await containerMounts({
    pod,
    container,
    restartCount,
    podDir: context.volumes.podDir(uidOf(pod)),
    volumes: input.volumes,
    env,
    hostname: podHostname(pod, context.dns().clusterDomain),
    podIps,
    mounter: context.mounter,
    mountsSubPaths: context.realProcesses,
    supportsRecursiveReadOnly: context.supportsRecursiveReadOnly(),
  });
  const targetId = targetOf(input);
  return containerConfig({
    pod,
    container,
    restartCount,
    imageRef: found.imageRef,
    image: found.image,
    env,
    mounts,
    memoryCapacityBytes: node.memoryCapacityBytes,
    security: { seccompDefault: context.seccompDefault, seccompRoot: context.seccompRoot },
    ...(targetId === undefined ? {} : { targetId }),
  });
}

function targetOf(input: StartContainerInput): string | undefined {
  const { container } = input.start;
  const target = (specOf(input.pod).ephemeralContainers ?? []).find(
    ({ name }) => name === container.name,
  )?.targetContainerName;
  if (!target) return undefined;
  const id = input.idOf(target);
  if (id !== undefined) return id;
  throw new KubeletError("notReady", `unable to find target container ${target}`);
}

/**
 * A runtime may have lost the earlier containers; their logs still tell how many there were.
 *
 * Upstream: calcRestartCountByLogDir
 */
async function restartCountFromLogs(
  context: PodContext,
  input: StartContainerInput,
): Promise<number> {
  const directory = join(
    podLogDirectory(context.podLogsDir, input.pod),
    input.start.container.name,
  );
  const names = await readdir(directory).catch((): string[] => []);
  const counts = names.map((name) => Number(/^(\d+)\.log/.exec(name)?.[1] ?? "-1") + 1);
  return Math.max(0, ...counts);
}

async function runPostStart(
  context: PodContext,
  input: StartContainerInput,
  id: string,
): Promise<StartOutcome> {
  const { pod, start, signal } = input;
  const { container } = start;
  const handler = container.lifecycle?.postStart;
  if (handler === undefined) return { started: true };
  const podIp = input.podIps[0] ?? "";
  try {
    await context.hooks({ handler, container, containerId: id, podIp, signal });
    return { started: true };
  } catch (error) {
    if (signal.aborted) throw error;
    context.logger.warn("a postStart hook failed", {
      podUid: uidOf(pod),
      container: container.name,
      error,
    });
    // The output may hold secrets, so the event does not carry it.
    const ref = containerReference(pod, container);
    context.events.warning(ref, "FailedPostStartHook", "PostStartHook failed");
    await killContainer(context, {
      pod,
      container,
      id,
      podIp,
      message: "FailedPostStartHook",
      reason: undefined,
      signal,
    });
    return { started: false, reason: "PostStartHookError", message: errorText(error) };
  }
}

async function pullSecrets(context: PodContext, pod: Pod): Promise<Secret[]> {
  const names = (specOf(pod).imagePullSecrets ?? []).map(({ name = "" }) => name).filter(Boolean);
  const found = await Promise.all(
    names.map((name) => context.config.secret(namespaceOf(pod), name).catch(() => undefined)),
  );
  // A secret that is not there takes no part; the registry decides whether that matters.
  return found.filter((secret) => secret !== undefined);
}
