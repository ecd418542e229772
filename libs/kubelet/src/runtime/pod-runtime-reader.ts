/** Reads from the runtime all that there is of one pod. */
import type { ContainerRuntime, ContainerStatus, SandboxStatus } from "@kubets/cri";
import { isRuntimeError } from "@kubets/cri";
import {
  CONTAINER_HASH_ANNOTATION,
  CONTAINER_NAME_LABEL,
  POD_UID_LABEL,
  RESTART_COUNT_ANNOTATION,
} from "../container/labels.ts";
import type { PodRuntime, RuntimeContainer } from "../pod/pod-runtime.ts";
import { terminationMessage } from "./termination-message.ts";

/** Ended containers do not change any more, so what was read of them once is kept. */
export class PodRuntimeReader {
  readonly #runtime: ContainerRuntime;
  /** By pod, then by id. */
  readonly #ended = new Map<string, Map<string, RuntimeContainer>>();

  constructor(runtime: ContainerRuntime) {
    this.#runtime = runtime;
  }

  async read(podUid: string, signal: AbortSignal): Promise<PodRuntime> {
    const labels = { [POD_UID_LABEL]: podUid };
    const call = { signal };
    const [sandboxes, containers] = await Promise.all([
      this.#runtime.listSandboxes({ labels }, call),
      this.#runtime.listContainers({ labels }, call),
    ]);
    const ended = this.#ended.get(podUid);
    const [sandboxStatuses, containerStatuses] = await Promise.all([
      Promise.all(sandboxes.map(({ id }) => orGone(this.#runtime.sandboxStatus(id, call)))),
      Promise.all(containers.map(async ({ id }) => ended?.get(id) ?? this.#container(id, signal))),
    ]);
    const found = newestFirst(containerStatuses.filter((each) => each !== undefined));
    const over = found.filter(({ state }) => state === "exited");
    this.#ended.set(podUid, new Map(over.map((container) => [container.id, container])));
    return {
      sandboxes: newestFirst(sandboxStatuses.filter((each) => each !== undefined)),
      containers: found,
    };
  }

  forget(podUid: string): void {
    this.#ended.delete(podUid);
  }

  async #container(id: string, signal: AbortSignal): Promise<RuntimeContainer | undefined> {
    const status = await orGone(this.#runtime.containerStatus(id, { signal }));
    return status === undefined ? undefined : runtimeContainer(status);
  }
}

async function runtimeContainer(status: ContainerStatus): Promise<RuntimeContainer> {
  return {
    id: status.id,
    name: status.labels[CONTAINER_NAME_LABEL] ?? status.name,
    state: status.state,
    hash: status.annotations[CONTAINER_HASH_ANNOTATION] ?? "",
    restartCount: Number(status.annotations[RESTART_COUNT_ANNOTATION] ?? status.attempt),
    image: status.image,
    imageRef: status.imageRef,
    createdAtMs: status.createdAtMs,
    startedAtMs: status.startedAtMs,
    finishedAtMs: status.finishedAtMs,
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.state === "exited" ? await terminationMessage(status) : status.message,
    logPath: status.logPath,
    ...(status.resources === undefined ? {} : { resources: status.resources }),
    ...(status.user === undefined ? {} : { user: status.user }),
  };
}

/** What was removed between the list and the question is not there. */
async function orGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRuntimeError(error, "notFound")) return undefined;
    throw error;
  }
}

function newestFirst<T extends RuntimeContainer | SandboxStatus>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => b.createdAtMs - a.createdAtMs);
}
