import { badRequest, conflict, formatTime, type KubeObject } from "@kubets/api";
import type { Binding, Pod, PodCondition } from "@kubets/api/core/v1";

/**
 * The pod as a binding leaves it.
 *
 * Upstream: pkg/registry/core/pod/storage/storage.go BindingREST.setPodNodeAndMetadata @1.36
 */
export function bindPod(object: KubeObject, binding: KubeObject, nowMs: number): KubeObject {
  const pod = object as Pod;
  const node = (binding as Binding).target?.name ?? "";
  const name = pod.metadata.name ?? "";
  const of = { group: "", resource: "pods/binding" };
  if (node === "") throw badRequest("the binding has no target");
  const { uid } = binding.metadata;
  if (uid !== undefined && uid !== pod.metadata.uid) {
    throw conflict(
      of,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(of, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const assigned = pod.spec?.nodeName ?? "";
  if (assigned !== "") {
    throw conflict(of, name, `pod ${name} is already assigned to node "${assigned}"`);
  }
  const scheduled: PodCondition = {
    type: "PodScheduled",
    status: "True",
    lastTransitionTime: formatTime(nowMs),
  };
  const conditions = (pod.status?.conditions ?? []).filter((each) => each.type !== "PodScheduled");
  const bound = {
    ...pod,
    spec: { ...pod.spec, nodeName: node },
    status: { ...pod.status, conditions: [...conditions, scheduled] },
  };
  return bound as KubeObject;
}
