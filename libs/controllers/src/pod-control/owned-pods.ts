/**
 * Turns changes of pods into keys of the owners that have to look: the controller of the pod, or whoever could adopt
 * it. Keeps the owner's expectations.
 *
 * Upstream: pkg/controller/replicaset/replica_set.go addPod, updatePod, deletePod @1.36
 */
import {
  controllerOf,
  isPodTerminating,
  type KubeObject,
  type LabelSelectorMatcher,
  parseApiVersion,
} from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { OwnerReference } from "@kubets/api/meta/v1";
import {
  type Change,
  type Expectations,
  type Informer,
  objectKey,
  type WorkQueue,
} from "@kubets/client";
import { NAMESPACE_INDEX } from "../manager/informer-indexes.ts";

export interface OwnedPodsOptions<O extends KubeObject> {
  readonly owners: Informer<O>;
  readonly pods: Informer<Pod>;
  readonly kind: string;
  readonly group: string;
  selectorOf(owner: O): LabelSelectorMatcher;
  readonly queue: WorkQueue<string>;
  readonly expectations?: Expectations;
  /** How long changes of one owner's pods may wait for each other. Default 0. */
  gatherMs?(owner: O): number;
  /** Also told of each change of an owned pod. */
  onChange?(owner: O, key: string, change: Change<Pod>): void;
}

export function followOwnedPods<O extends KubeObject>(options: OwnedPodsOptions<O>): void {
  const { owners, queue, expectations } = options;
  const resolve = (pod: Pod, controller: OwnerReference | undefined): O | undefined =>
    ownerFor(options, pod.metadata.namespace, controller);
  const lookAt = (owner: O) => {
    queue.addAfter(objectKey(owner), options.gatherMs?.(owner) ?? 0);
  };
  const offer = (pod: Pod) => {
    for (const owner of owners.store.byIndex(NAMESPACE_INDEX, pod.metadata.namespace ?? "")) {
      const selector = options.selectorOf(owner);
      if (!selector.everything && selector.matches(pod.metadata.labels)) {
        queue.add(objectKey(owner));
      }
    }
  };
  const removed = (pod: Pod) => {
    const owner = resolve(pod, controllerOf(pod));
    if (owner === undefined) return;
    expectations?.deleted(objectKey(owner), pod.metadata.uid ?? "");
    lookAt(owner);
  };

  options.pods.onChange((change) => {
    const { old, current } = change;
    if (current === undefined) {
      if (old !== undefined) {
        removed(old);
        const owner = resolve(old, controllerOf(old));
        if (owner !== undefined) options.onChange?.(owner, objectKey(owner), change);
      }
      return;
    }
    const controller = controllerOf(current);
    const owner = resolve(current, controller);
    if (owner !== undefined) options.onChange?.(owner, objectKey(owner), change);
    const before = old === undefined ? undefined : controllerOf(old);
    if (old !== undefined && before !== undefined && before.uid !== controller?.uid) {
      const former = resolve(old, before);
      if (former !== undefined) lookAt(former);
    }
    if (old === undefined && owner !== undefined) expectations?.created(objectKey(owner));
    if (isPodTerminating(current)) {
      removed(current);
      return;
    }
    if (owner !== undefined) {
      lookAt(owner);
      return;
    }
    if (controller !== undefined) return;
    const isChanged =
      old === undefined || before !== undefined || old.metadata.labels !== current.metadata.labels;
    if (isChanged) offer(current);
  });
}

/** The owner that a reference means, if it is known and the same. */
export function ownerFor<O extends KubeObject>(
  options: { readonly owners: Informer<O>; readonly kind: string; readonly group: string },
  namespace: string | undefined,
  reference: OwnerReference | undefined,
): O | undefined {
  if (reference === undefined || reference.kind !== options.kind) return undefined;
  if (parseApiVersion(reference.apiVersion)?.group !== options.group) return undefined;
  const owner = options.owners.store.get(`${namespace}/${reference.name}`);
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}
