/** Where the kubelet's events go. Never fails and never waits: telling is not part of the work. */
import type { Container, ObjectReference, Pod } from "@kubets/api/core/v1";
import { containerNamed, nameOf, namespaceOf, uidOf } from "../pod/pod-facts.ts";

export interface EventSink {
  normal(about: ObjectReference, reason: string, message: string): void;
  warning(about: ObjectReference, reason: string, message: string): void;
}

export const noEvents: EventSink = { normal() {}, warning() {} };

export function podReference(pod: Pod): ObjectReference {
  return {
    apiVersion: "v1",
    kind: "Pod",
    namespace: namespaceOf(pod),
    name: nameOf(pod),
    uid: uidOf(pod),
    ...(pod.metadata.resourceVersion === undefined
      ? {}
      : { resourceVersion: pod.metadata.resourceVersion }),
  };
}

/** Names the container too: "spec.containers{app}". */
export function containerReference(pod: Pod, container: Container): ObjectReference {
  const kind = containerNamed(pod, container.name)?.kind ?? "app";
  const list =
    kind === "init"
      ? "initContainers"
      : kind === "ephemeral"
        ? "ephemeralContainers"
        : "containers";
  const fieldPath = `spec.${list}{${container.name}}`;
  return { ...podReference(pod), fieldPath };
}

export function nodeReference(nodeName: string): ObjectReference {
  // The kubelet names the node as its own uid, as describe expects it.
  return { apiVersion: "v1", kind: "Node", name: nodeName, uid: nodeName, namespace: "" };
}
