/**
 * The container statuses of a pod: what the runtime says now, beside what was said before about containers
 * that the runtime has lost, and why a container could not be started.
 *
 * Upstream: pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses @1.36
 */
import { formatTime } from "@kubets/api";
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  VolumeMountStatus,
} from "@kubets/api/core/v1";
import type { ContainerKind } from "../pod/pod-facts.ts";
import { isSidecar, isTerminating, specOf } from "../pod/pod-facts.ts";
import { latestContainer, type PodRuntime, type RuntimeContainer } from "../pod/pod-runtime.ts";
import { shouldBeStarted } from "../pod/restart-policy.ts";

/** Why the last try to start a container failed: the reason and message of its Waiting state. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  /** The runtime's name, as in "containerd://…". */
  readonly runtimeName: string;
  readonly kind: ContainerKind;
  readonly containers: readonly Container[];
  readonly previous: readonly ContainerStatus[];
  readonly failures: ReadonlyMap<string, StartFailure>;
  readonly supportsRecursiveReadOnly: boolean;
}

export function containerStatuses(input: ContainerStatusInput): ContainerStatus[] {
  const statuses = input.containers.map((container) => statusOf(input, container));
  // Init containers stay in the order in which they run.
  return input.kind === "init" ? statuses : statuses.sort((a, b) => compare(a.name, b.name));
}

function statusOf(input: ContainerStatusInput, container: Container): ContainerStatus {
  const old = input.previous.find(({ name }) => name === container.name);
  const seen = input.runtime.containers.filter(({ name }) => name === container.name);
  const [current, before] = seen;
  const status =
    current === undefined
      ? statusWithoutContainer(input, container, old)
      : statusFromRuntime(input, container, { current, before, old });
  return withStartFailure(input, container, status);
}

function statusFromRuntime(
  input: ContainerStatusInput,
  container: Container,
  seen: {
    readonly current: RuntimeContainer;
    readonly before: RuntimeContainer | undefined;
    readonly old: ContainerStatus | undefined;
  },
): ContainerStatus {
  const { current, before, old } = seen;
  const state = stateOf(input, current, old);
  const lastState =
    before === undefined
      ? earlierState(current, old, input.runtimeName)
      : stateOf(input, before, undefined);
  const resources = container.resources;
  return {
    name: container.name,
    state,
    lastState,
    ready: false,
    restartCount: Math.max(current.restartCount, old?.restartCount ?? 0),
    image: current.image,
    imageID: current.imageRef,
    containerID: `${input.runtimeName}://${current.id}`,
    ...(resources?.requests === undefined ? {} : { allocatedResources: resources.requests }),
    resources: resources ?? {},
    ...volumeMounts(input, container),
    ...(current.user === undefined
      ? {}
      : {
          user: {
            linux: {
              uid: current.user.uid,
              gid: current.user.gid,
              supplementalGroups: [...current.user.supplementalGroups],
            },
          },
        }),
  };
}

/** How the container before this one ended, when the runtime has it no more. */
function earlierState(
  current: RuntimeContainer,
  old: ContainerStatus | undefined,
  runtimeName: string,
): ContainerState {
  const isAnother = old?.containerID !== `${runtimeName}://${current.id}`;
  if (isAnother && old?.state?.terminated !== undefined) {
    return { terminated: old.state.terminated };
  }
  const last = old?.lastState?.terminated;
  return last === undefined ? {} : { terminated: last };
}

function stateOf(
  input: ContainerStatusInput,
  seen: RuntimeContainer,
  old: ContainerStatus | undefined,
): ContainerState {
  const containerID = `${input.runtimeName}://${seen.id}`;
  switch (seen.state) {
    case "running":
      return { running: { startedAt: formatTime(seen.startedAtMs) } };
    case "exited":
      return {
        terminated: {
          exitCode: seen.exitCode,
          ...(seen.reason === "" ? {} : { reason: seen.reason }),
          ...(seen.message === "" ? {} : { message: seen.message }),
          // A container that never ran has no start; Go's zero time is how clients know it.
          startedAt: formatTime(seen.startedAtMs),
          finishedAt: formatTime(seen.finishedAtMs),
          containerID,
        },
      };
    case "created":
      return { waiting: {} };
    case "unknown":
      // It ran, and now nobody can say how it ended: that is an end, not a wait, or it might run twice.
      return old?.state?.running === undefined ? { waiting: {} } : { terminated: LOST_CONTAINER };
  }
}

/** For a container that ran and that the runtime cannot find any more. */
const LOST_CONTAINER = {
  reason: "ContainerStatusUnknown",
  message: "The container could not be located when the pod was terminated",
  exitCode: 137,
};

function statusWithoutContainer(
  input: ContainerStatusInput,
  container: Container,
  old: ContainerStatus | undefined,
): ContainerStatus {
  if (old?.state?.terminated !== undefined) return old;
  const hasInit = (specOf(input.pod).initContainers ?? []).length > 0;
  const status: ContainerStatus = {
    name: container.name,
    state: { waiting: { reason: hasInit ? "PodInitializing" : "ContainerCreating" } },
    lastState: old?.lastState ?? {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image: container.image ?? "",
    imageID: "",
    ...volumeMounts(input, container),
  };
  if (old?.state?.running === undefined || old.lastState?.terminated !== undefined) return status;
  return {
    ...status,
    lastState: {
      terminated: {
        reason: "ContainerStatusUnknown",
        message:
          "The container could not be located when the pod was deleted.  The container used to be Running",
        exitCode: 137,
      },
    },
    // Not deleted: then it is being started anew.
    restartCount: status.restartCount + (isTerminating(input.pod) ? 0 : 1),
  };
}

/** A container that waits to be started says why the last try failed. */
function withStartFailure(
  input: ContainerStatusInput,
  container: Container,
  status: ContainerStatus,
): ContainerStatus {
  if (input.kind === "init") {
    const latest = latestContainer(input.runtime, container.name);
    if (latest?.state === "exited" && latest.exitCode === 0 && !isSidecar(container)) return status;
    const mustHaveRun =
      latest === undefined &&
      !isSidecar(container) &&
      status.state?.waiting !== undefined &&
      specOf(input.pod).containers.some(
        ({ name }) => latestContainer(input.runtime, name) !== undefined,
      );
    if (mustHaveRun) {
      return {
        ...status,
        state: {
          terminated: {
            reason: "Completed",
            message:
              "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally",
            exitCode: 0,
          },
        },
      };
    }
  }
  const failure = input.failures.get(container.name);
  if (failure === undefined || !shouldBeStarted(container, input.pod, input.runtime)) return status;
  const { terminated } = status.state ?? {};
  return {
    ...status,
    lastState: terminated === undefined ? (status.lastState ?? {}) : { terminated },
    state: {
      waiting: {
        reason: failure.reason,
        ...(failure.message === "" ? {} : { message: failure.message }),
      },
    },
  };
}

function volumeMounts(
  input: ContainerStatusInput,
  container: Container,
): { volumeMounts?: VolumeMountStatus[] } {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => {
      if (readOnly !== true) return { name, mountPath };
      const isWanted =
        recursiveReadOnly === "Enabled" ||
        (recursiveReadOnly === "IfPossible" && input.supportsRecursiveReadOnly);
      return {
        name,
        mountPath,
        readOnly: true,
        recursiveReadOnly: isWanted ? "Enabled" : "Disabled",
      };
    }),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
