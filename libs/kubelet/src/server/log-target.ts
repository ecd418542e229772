/**
 * Which container's log is meant.
 *
 * Upstream: pkg/kubelet/kubelet_pods.go validateContainerLogStatus @1.36
 */
import type { PodStatus } from "@kubets/api/core/v1";
import { KubeletError } from "../kubelet-error.ts";

/** The runtime's id. Throws KubeletError with the text that the client sees. */
export function logTarget(
  podName: string,
  status: PodStatus,
  container: string,
  previous: boolean,
): string {
  const where = `container ${JSON.stringify(container)} in pod ${JSON.stringify(podName)}`;
  const found = [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container);
  const refuse = (message: string): never => {
    throw new KubeletError("notReady", message);
  };
  if (found === undefined) return refuse(`${where} is not available`);
  const { waiting, running, terminated } = found.state ?? {};
  const last = found.lastState?.terminated;
  if (previous) {
    return last?.containerID
      ? idOf(last.containerID)
      : refuse(`previous terminated ${where} not found`);
  }
  if (running !== undefined) return idOf(found.containerID ?? "");
  if (terminated?.containerID) return idOf(terminated.containerID);
  if (last?.containerID) return idOf(last.containerID);
  if (terminated !== undefined || last !== undefined) return refuse(`${where} is terminated`);
  switch (waiting?.reason) {
    case undefined:
      return refuse(`${where} is waiting to start - no logs yet`);
    case "ErrImagePull":
      return refuse(`${where} is waiting to start: image can't be pulled`);
    case "ImagePullBackOff":
      return refuse(`${where} is waiting to start: trying and failing to pull image`);
    default:
      return refuse(`${where} is waiting to start: ${waiting?.reason}`);
  }
}

function idOf(containerId: string): string {
  return containerId.split("://")[1] ?? containerId;
}
