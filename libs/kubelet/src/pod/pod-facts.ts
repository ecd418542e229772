/** Small facts about a pod that several parts need, so that each is written once. */
import type { Container, Pod, PodSpec } from "@kubets/api/core/v1";

const NO_SPEC: PodSpec = { containers: [] };

export function specOf(pod: Pod): PodSpec {
  return pod.spec ?? NO_SPEC;
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? "";
}

export function namespaceOf(pod: Pod): string {
  return pod.metadata.namespace ?? "";
}

export function nameOf(pod: Pod): string {
  return pod.metadata.name ?? "";
}

/** As it stands in messages: "name_namespace(uid)". Upstream: pkg/kubelet/util/format/pod.go Pod @1.36 */
export function podText(pod: Pod): string {
  return `${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})`;
}

export function isHostNetwork(pod: Pod): boolean {
  return specOf(pod).hostNetwork === true;
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function isFinishedPhase(phase: string | undefined): boolean {
  return phase === "Failed" || phase === "Succeeded";
}

/** A sidecar: an init container that is restarted for as long as the pod lives. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

export type ContainerKind = "init" | "app" | "ephemeral";

export interface NamedContainer {
  readonly kind: ContainerKind;
  readonly container: Container;
}

/** Every container of the pod in the order of the spec: init, app, ephemeral. */
export function containersOf(pod: Pod): NamedContainer[] {
  const spec = specOf(pod);
  return [
    ...(spec.initContainers ?? []).map((container) => ({ kind: "init" as const, container })),
    ...spec.containers.map((container) => ({ kind: "app" as const, container })),
    ...(spec.ephemeralContainers ?? []).map(({ targetContainerName: _, ...container }) => ({
      kind: "ephemeral" as const,
      container,
    })),
  ];
}

export function containerNamed(pod: Pod, name: string): NamedContainer | undefined {
  return containersOf(pod).find(({ container }) => container.name === name);
}
