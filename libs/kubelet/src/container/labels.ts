/**
 * What is written on sandboxes and containers, so that a kubelet that starts anew knows them again.
 *
 * Upstream: pkg/kubelet/kuberuntime/labels.go, staging/src/k8s.io/kubelet/pkg/types/labels.go @1.36
 */
import type { Container, Pod } from "@kubets/api/core/v1";
import { containerHash } from "../pod/container-hash.ts";
import { nameOf, namespaceOf, specOf, uidOf } from "../pod/pod-facts.ts";

export const POD_NAME_LABEL = "io.kubernetes.pod.name";
export const POD_NAMESPACE_LABEL = "io.kubernetes.pod.namespace";
export const POD_UID_LABEL = "io.kubernetes.pod.uid";
export const CONTAINER_NAME_LABEL = "io.kubernetes.container.name";
export const CONTAINER_HASH_ANNOTATION = "io.kubernetes.container.hash";
export const RESTART_COUNT_ANNOTATION = "io.kubernetes.container.restartCount";
export const TERMINATION_PATH_ANNOTATION = "io.kubernetes.container.terminationMessagePath";
export const TERMINATION_POLICY_ANNOTATION = "io.kubernetes.container.terminationMessagePolicy";
const PRE_STOP_ANNOTATION = "io.kubernetes.container.preStopHandler";
const PORTS_ANNOTATION = "io.kubernetes.container.ports";
const DELETION_GRACE_ANNOTATION = "io.kubernetes.pod.deletionGracePeriod";
const TERMINATION_GRACE_ANNOTATION = "io.kubernetes.pod.terminationGracePeriod";

export function sandboxLabels(pod: Pod): Record<string, string> {
  return { ...pod.metadata.labels, ...podLabels(pod) };
}

export function containerLabels(pod: Pod, container: Container): Record<string, string> {
  return { ...podLabels(pod), [CONTAINER_NAME_LABEL]: container.name };
}

export function containerAnnotations(
  pod: Pod,
  container: Container,
  restartCount: number,
): Record<string, string> {
  const deletionGrace = pod.metadata.deletionGracePeriodSeconds;
  const terminationGrace = specOf(pod).terminationGracePeriodSeconds;
  const { preStop } = container.lifecycle ?? {};
  return {
    [CONTAINER_HASH_ANNOTATION]: containerHash(container),
    [RESTART_COUNT_ANNOTATION]: String(restartCount),
    [TERMINATION_PATH_ANNOTATION]: container.terminationMessagePath ?? "",
    [TERMINATION_POLICY_ANNOTATION]: container.terminationMessagePolicy ?? "",
    ...(deletionGrace === undefined ? {} : { [DELETION_GRACE_ANNOTATION]: String(deletionGrace) }),
    ...(terminationGrace === undefined
      ? {}
      : { [TERMINATION_GRACE_ANNOTATION]: String(terminationGrace) }),
    ...(preStop === undefined ? {} : { [PRE_STOP_ANNOTATION]: JSON.stringify(preStop) }),
    ...(container.ports === undefined || container.ports.length === 0
      ? {}
      : { [PORTS_ANNOTATION]: JSON.stringify(container.ports) }),
  };
}

function podLabels(pod: Pod): Record<string, string> {
  return {
    [POD_NAME_LABEL]: nameOf(pod),
    [POD_NAMESPACE_LABEL]: namespaceOf(pod),
    [POD_UID_LABEL]: uidOf(pod),
  };
}
