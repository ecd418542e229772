/**
 * A namespace ends in two steps: its phase says so first, and it goes when the content is gone and the
 * finalizer in its spec was taken away.
 *
 * Upstream: pkg/registry/core/namespace/{strategy.go,storage/storage.go} @1.36
 */
import { formatTime } from "@kubets/api";
import { type AnyObject, draftOf, isRecord, listField, objectField } from "../draft.ts";
import { collectorFinalizers } from "../generic/plan-delete.ts";
import type { DeleteContext, DeletePlan, StrategyHooks } from "../strategy/strategy.ts";

const KUBERNETES = "kubernetes";
const NAME_LABEL = "kubernetes.io/metadata.name";

function planNamespaceDelete(object: AnyObject, context: DeleteContext): DeletePlan | undefined {
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) {
    // Before the content is gone there is nothing to do, and it is no mistake to ask.
    return specFinalizers(object).length > 0 ? { step: "pending" } : undefined;
  }
  const draft = draftOf(object);
  draft.metadata.deletionTimestamp = formatTime(context.nowMs);
  draft.status = { ...objectField(object, "status"), phase: "Terminating" };
  const strategy = { deletion: "DeleteDependents" } as const;
  const finalizers = collectorFinalizers(strategy, object, context.options);
  if (finalizers !== metadata.finalizers) draft.metadata.finalizers = [...finalizers];
  return { step: "update", draft };
}

function specFinalizers(object: { readonly [field: string]: unknown }): readonly unknown[] {
  return listField(objectField(object, "spec"), "finalizers");
}

export const namespaces: StrategyHooks = {
  prepareForCreate(draft) {
    const finalizers = specFinalizers(draft);
    if (finalizers.includes(KUBERNETES)) return;
    draft.spec = { ...objectField(draft, "spec"), finalizers: [...finalizers, KUBERNETES] };
  },
  resetForUpdate(draft, old) {
    const kept = specFinalizers(old);
    draft.spec = {
      ...(isRecord(draft.spec) ? draft.spec : undefined),
      finalizers: kept.length > 0 ? kept : undefined,
    };
  },
  canonicalize(draft) {
    const { metadata } = draft;
    const { name = "", labels } = metadata;
    if (name === "" || labels?.[NAME_LABEL] === name) return;
    metadata.labels = { ...labels, [NAME_LABEL]: name };
  },
  planDelete: planNamespaceDelete,
  mayRemoveOnUpdate: (draft) => specFinalizers(draft).length === 0,
  subresources: {
    finalize: {
      reset(draft, old) {
        draft.status = old.status;
      },
    },
  },
};
