import { builtinResources, type KubeObject } from "@kubets/api";
import type { Namespace } from "@kubets/api/core/v1";
import type { ResourceType } from "../client.ts";

/** Whether the resource has a status of its own, apart from what an update may change. */
export function hasStatus(type: ResourceType): boolean {
  return builtinResources.some(
    (info) =>
      info.group === type.group &&
      info.resource === type.resource &&
      info.subresources.some((subresource) => subresource.name === "status"),
  );
}

type WithParts = KubeObject & { readonly spec?: unknown; readonly status?: unknown };

/** What an update of the object makes of the stored one: the status stays, the system's metadata too. */
export function mergeUpdate<T extends KubeObject>(type: ResourceType<T>, current: T, wanted: T): T {
  const before: WithParts = current;
  const after: WithParts = wanted;
  const isSplit = hasStatus(type);
  const isSpecChanged =
    JSON.stringify(before.spec) !== JSON.stringify(after.spec) ||
    (current.kind === "Deployment" &&
      JSON.stringify(current.metadata.annotations) !== JSON.stringify(wanted.metadata.annotations));
  const { status: _, ...rest } = after;
  const merged: WithParts = {
    ...(isSplit ? rest : after),
    metadata: {
      ...wanted.metadata,
      ...systemMetadata(current),
      ...(isSplit && isSpecChanged ? { generation: (current.metadata.generation ?? 0) + 1 } : {}),
    },
    ...(isSplit && before.status !== undefined ? { status: before.status } : {}),
  };
  return merged as T;
}

/** What an update of the status makes of the stored object: annotations may come with it. */
export function mergeStatus<T extends KubeObject>(current: T, wanted: T): T {
  const after: WithParts = wanted;
  const { annotations } = wanted.metadata;
  const { annotations: _, ...metadata } = current.metadata;
  const merged: WithParts = {
    ...current,
    metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) },
    status: after.status,
  };
  return merged as T;
}

function systemMetadata(current: KubeObject): Partial<KubeObject["metadata"]> {
  const { uid, creationTimestamp, resourceVersion, generation } = current.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = current.metadata;
  return {
    uid,
    creationTimestamp,
    resourceVersion,
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp, deletionGracePeriodSeconds }),
  };
}

/** A namespace is held by spec.finalizers until its contents are gone. */
export function isNamespaceHeld(object: KubeObject): boolean {
  return object.kind === "Namespace" && ((object as Namespace).spec?.finalizers ?? []).length > 0;
}

export function markNamespaceEnding<T extends KubeObject>(object: T): T {
  return object.kind === "Namespace" ? { ...object, status: { phase: "Terminating" } } : object;
}

/** What a write to namespaces/finalize makes of the stored one. */
export function finalizeNamespace<T extends KubeObject>(current: T, wanted: T): T {
  const { spec } = current as WithParts;
  const { finalizers } = (wanted as Namespace).spec ?? {};
  const merged: WithParts = { ...current, spec: { ...(spec as object), finalizers } };
  return merged as T;
}
