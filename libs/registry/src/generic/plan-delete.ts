/**
 * What a delete comes to: removal, a first step towards it, or nothing new. Pure.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go BeforeDelete and
 * staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go @1.36
 */
import { conflict, formatTime, type GroupVersionKind, parseTime } from "@kubets/api";
import { type AnyObject, draftOf } from "../draft.ts";
import type { DeleteOptions } from "../store.ts";
import type { DeleteContext, DeletePlan, Strategy } from "../strategy/strategy.ts";

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

export function planDelete(
  strategy: Strategy,
  kind: GroupVersionKind,
  object: AnyObject,
  context: DeleteContext,
): DeletePlan {
  const refusal = checkPreconditions(kind, object, context.options);
  if (refusal !== undefined) return { step: "refuse", error: refusal };
  const special = strategy.planDelete?.(object, context);
  if (special !== undefined) return special;

  const grace = planGrace(strategy, object, context);
  if (grace === "pending") return { step: "pending" };
  const finalizers = collectorFinalizers(strategy, object, context.options);
  const waits = finalizers.length > 0;
  if (grace === "now" && !waits) return { step: "remove", last: object };

  const draft = draftOf(object);
  const { metadata } = draft;
  if (finalizers !== object.metadata.finalizers)
    metadata.finalizers = finalizers.length > 0 ? [...finalizers] : undefined;
  if (grace === "now") markEnding(metadata, context.nowMs);
  else {
    metadata.deletionTimestamp = grace.deletionTimestamp;
    metadata.deletionGracePeriodSeconds = grace.seconds;
    if (grace.isFirst && (metadata.generation ?? 0) > 0) {
      metadata.generation = (metadata.generation ?? 0) + 1;
    }
  }
  // Upstream writes the object with a grace period of 0 and then removes it; one write is the same to
  // everybody but has no state in between.
  if (grace !== "now" && grace.seconds === 0 && !waits) return { step: "remove", last: draft };
  return { step: "update", draft };
}

interface Grace {
  readonly seconds: number;
  readonly deletionTimestamp: string;
  readonly isFirst: boolean;
}

/** "now": no graceful end (any more); "pending": it is under way and not shortened. */
function planGrace(
  strategy: Strategy,
  object: AnyObject,
  { options, nowMs }: DeleteContext,
): Grace | "now" | "pending" {
  const { gracePeriodSeconds } = strategy;
  if (gracePeriodSeconds === undefined) return "now";
  const requested =
    options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0
      ? 1
      : options.gracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp === undefined) {
    const seconds = gracePeriodSeconds(object, requested);
    const endMs = nowMs + seconds * 1000;
    return { seconds, deletionTimestamp: formatTime(endMs), isFirst: true };
  }
  const left = deletionGracePeriodSeconds < 0 ? 1 : deletionGracePeriodSeconds;
  if (left === 0) return "now";
  if (requested === undefined || requested >= left) return "pending";
  const beganMs = (parseTime(deletionTimestamp) ?? nowMs) - left * 1000;
  const endMs = beganMs + requested * 1000;
  return { seconds: requested, deletionTimestamp: formatTime(endMs), isFirst: false };
}

/** An object that only finalizers hold: it has ended but for them. */
function markEnding(metadata: ReturnType<typeof draftOf>["metadata"], nowMs: number): void {
  if (metadata.deletionGracePeriodSeconds === undefined && (metadata.generation ?? 0) > 0) {
    metadata.generation = (metadata.generation ?? 0) + 1;
  }
  const { deletionTimestamp } = metadata;
  if (deletionTimestamp === undefined || (parseTime(deletionTimestamp) ?? nowMs) > nowMs) {
    metadata.deletionTimestamp = formatTime(nowMs);
  }
  metadata.deletionGracePeriodSeconds = 0;
}

/** The finalizers with those of the garbage collector as the deleter wants them; the same list when nothing changes. */
export function collectorFinalizers(
  strategy: Pick<Strategy, "deletion">,
  object: AnyObject,
  options: DeleteOptions,
): readonly string[] {
  const present = object.metadata.finalizers ?? NONE;
  const policy = collectorPolicy(strategy, present, options);
  const others = present.filter((one) => one !== ORPHAN && one !== FOREGROUND);
  if (policy === "Orphan") others.push(ORPHAN);
  if (policy === "Foreground") others.push(FOREGROUND);
  const isSame = others.length === present.length && others.every((one) => present.includes(one));
  return isSame ? present : others;
}
const NONE: readonly string[] = [];

function collectorPolicy(
  { deletion }: Pick<Strategy, "deletion">,
  present: readonly string[],
  options: DeleteOptions,
): "Orphan" | "Foreground" | "Background" {
  if (deletion === "Unsupported") return "Background";
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  if (present.includes(ORPHAN)) return "Orphan";
  if (present.includes(FOREGROUND)) return "Foreground";
  return deletion === "OrphanDependents" ? "Orphan" : "Background";
}

export function checkPreconditions(
  kind: GroupVersionKind,
  object: AnyObject,
  options: DeleteOptions,
) {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = object;
  // Upstream names the kind in the place of the resource here.
  const of = { group: kind.group, resource: kind.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    return conflict(
      of,
      metadata.name ?? "",
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    return conflict(
      of,
      metadata.name ?? "",
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
  return undefined;
}
