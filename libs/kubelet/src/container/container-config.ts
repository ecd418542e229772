/** A container's configuration for the runtime, from its spec and from what was prepared for it. */
import type { Container, Pod } from "@kubets/api/core/v1";
import type { ContainerConfig, Image, Mount } from "@kubets/cri";
import { expand } from "./expansion.ts";
import { containerAnnotations, containerLabels } from "./labels.ts";
import { containerResources } from "./linux-resources.ts";
import { containerSecurity, type SecurityOptions } from "./security.ts";

export interface ContainerConfigInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  readonly imageRef: string;
  readonly image: Image | undefined;
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly memoryCapacityBytes: number;
  readonly security: SecurityOptions;
  /** The container whose processes an ephemeral container sees. */
  readonly targetId?: string;
}

/** Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go generateContainerConfig @1.36 */
export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, container, restartCount, env } = input;
  const lookup = (name: string) => env.get(name);
  const { stopSignal } = container.lifecycle ?? {};
  return {
    name: container.name,
    attempt: restartCount,
    image: input.imageRef,
    userSpecifiedImage: container.image ?? "",
    command: (container.command ?? []).map((word) => expand(word, lookup)),
    args: (container.args ?? []).map((word) => expand(word, lookup)),
    workingDir: container.workingDir ?? "",
    env: [...env].map(([name, value]) => ({ name, value })),
    mounts: input.mounts,
    devices: [],
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, restartCount),
    logPath: containerLogPath(container.name, restartCount),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    resources: containerResources(pod, container, input.memoryCapacityBytes),
    security: containerSecurity(pod, container, input.image, {
      ...input.security,
      ...(input.targetId === undefined ? {} : { targetId: input.targetId }),
    }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}

/** Relative to the pod's log folder. */
export function containerLogPath(container: string, restartCount: number): string {
  return `${container}/${restartCount}.log`;
}
