/** What the container runtime says about one pod, in the form that plans and statuses are made from. */
import type { ContainerState, LinuxResources, SandboxStatus } from "@kubets/cri";

export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerState;
  /** Of the part of the spec that a change of restarts the container. */
  readonly hash: string;
  readonly restartCount: number;
  readonly image: string;
  readonly imageRef: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  /** What the container wrote to its termination message, or the runtime's text. */
  readonly message: string;
  readonly logPath: string;
  readonly resources?: LinuxResources;
  readonly user?: {
    readonly uid: number;
    readonly gid: number;
    readonly supplementalGroups: readonly number[];
  };
}

/** Both lists newest first. */
export interface PodRuntime {
  readonly sandboxes: readonly SandboxStatus[];
  readonly containers: readonly RuntimeContainer[];
}

export const EMPTY_RUNTIME: PodRuntime = { sandboxes: [], containers: [] };

/** The newest container of that name. */
export function latestContainer(runtime: PodRuntime, name: string): RuntimeContainer | undefined {
  return runtime.containers.find((container) => container.name === name);
}

export function hasRunningContainers(runtime: PodRuntime): boolean {
  return runtime.containers.some(({ state }) => state === "running");
}

/** The addresses of the pod: those of its newest ready sandbox. */
export function podIps(runtime: PodRuntime): readonly string[] {
  return runtime.sandboxes.find(({ ready }) => ready)?.ips ?? [];
}
