/** Requests name their resource; these tell the compiler what kind of object that brings. */
import type { KubeObject } from "@kubets/api";
import type { Node, PersistentVolumeClaim, Pod } from "@kubets/api/core/v1";

export function isPod(object: KubeObject | undefined): object is Pod {
  return object?.kind === "Pod" && object.apiVersion === "v1";
}

export function isNode(object: KubeObject | undefined): object is Node {
  return object?.kind === "Node" && object.apiVersion === "v1";
}

export function isClaim(object: KubeObject | undefined): object is PersistentVolumeClaim {
  return object?.kind === "PersistentVolumeClaim" && object.apiVersion === "v1";
}

export const MIRROR_POD_ANNOTATION = "kubernetes.io/config.mirror";

export function isMirrorPod(pod: Pod): boolean {
  const { annotations } = pod.metadata;
  return annotations !== undefined && Object.hasOwn(annotations, MIRROR_POD_ANNOTATION);
}
