/**
 * The rules for metadata that hold for every kind.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/rest/{meta,create,update}.go @1.36
 */
import { badRequest, formatTime } from "@kubets/api";
import type { ObjectMeta, OwnerReference } from "@kubets/api/meta/v1";
import type { RequestScope } from "../store.ts";
import type { StoreContext } from "./store-context.ts";

/** The namespace of the path is the object's; another one in the object is refused. */
export function placeInNamespace(
  store: StoreContext,
  scope: RequestScope,
  metadata: ObjectMeta,
): void {
  if (!store.info.namespaced) {
    if (metadata.namespace !== undefined) metadata.namespace = undefined;
    return;
  }
  if (!metadata.namespace) metadata.namespace = scope.namespace;
  else if (metadata.namespace !== scope.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
}

/** What only the server says of a new object. */
export function fillSystemFields(metadata: ObjectMeta, of: { uid: string; nowMs: number }): void {
  metadata.uid = of.uid;
  metadata.creationTimestamp = formatTime(of.nowMs);
  if (metadata.deletionTimestamp !== undefined) metadata.deletionTimestamp = undefined;
  if (metadata.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds = undefined;
  }
  if (metadata.selfLink !== undefined) metadata.selfLink = undefined;
}

/** What an update cannot change, put back from the stored object. */
export function keepSystemFields(metadata: ObjectMeta, stored: ObjectMeta): void {
  if (!metadata.uid) metadata.uid = stored.uid;
  metadata.creationTimestamp = stored.creationTimestamp;
  if (stored.deletionTimestamp !== undefined) metadata.deletionTimestamp = stored.deletionTimestamp;
  if (
    stored.deletionGracePeriodSeconds !== undefined &&
    metadata.deletionGracePeriodSeconds === undefined
  ) {
    metadata.deletionGracePeriodSeconds = stored.deletionGracePeriodSeconds;
  }
}

/**
 * Leaves one owner reference for each owner, and tells the client when it sent more.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go dedupOwnerReferencesAndAddWarning @1.36
 */
export function dedupOwnerReferences(metadata: ObjectMeta, scope: RequestScope): void {
  const references = metadata.ownerReferences;
  if (references === undefined || references.length < 2) return;
  const kept = new Map<string, OwnerReference>();
  const doubles = new Set<string>();
  for (const reference of references) {
    const key = ownerKey(reference);
    if (kept.has(key)) doubles.add(reference.uid);
    else kept.set(key, reference);
  }
  if (doubles.size === 0) return;
  metadata.ownerReferences = [...kept.values()];
  scope.warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...doubles].join(", ")}`,
  );
}

function ownerKey(of: OwnerReference): string {
  const { uid, name, kind, apiVersion, controller, blockOwnerDeletion } = of;
  return JSON.stringify([uid, name, kind, apiVersion, controller, blockOwnerDeletion]);
}
