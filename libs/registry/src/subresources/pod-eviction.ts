/**
 * pods/eviction: a delete that asks the pod's disruption budget first.
 *
 * Upstream: pkg/registry/core/pod/storage/eviction.go @1.36
 */
import type { AdmissionChain } from "@kubets/admission";
import {
  badRequest,
  formatTime,
  invalid,
  isPodReady,
  isStatusError,
  StatusError,
} from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { Eviction, PodDisruptionBudget } from "@kubets/api/policy/v1";
import { type AnyObject, type Draft, draftOf } from "../draft.ts";
import { propagationCauses } from "../generic/delete-option-causes.ts";
import type { GenericStore } from "../generic/generic-store.ts";
import { guaranteedUpdate } from "../generic/guaranteed-update.ts";
import { checkPreconditions } from "../generic/plan-delete.ts";
import type { DeleteOptions, RequestScope, SubresourceHandler } from "../store.ts";
import { SubresourceAdmissionRequest } from "./admission-request.ts";
import { coversPod, decrement, stillProcessed } from "./disruption-budget.ts";
import { noAdmission } from "./no-admission.ts";
import { successStatus } from "./success-status.ts";

/** How often a pod may change under the eviction before its client is told so. */
const ATTEMPTS_MAX = 20;
const DELETE_OPTIONS = { group: "", kind: "DeleteOptions" } as const;
const POD = { group: "", version: "v1", kind: "Pod" } as const;

export function podEviction(pods: GenericStore, budgets: GenericStore): SubresourceHandler {
  return {
    resource: { group: "", resource: "pods" },
    subresource: "eviction",
    async create(scope, name, object, admission) {
      const eviction = object as Eviction;
      if (eviction.metadata.name !== name) {
        throw badRequest("name in URL does not match name in Eviction object");
      }
      const causes = propagationCauses(eviction.deleteOptions ?? {});
      if (causes.length > 0) throw invalid(DELETE_OPTIONS, "", causes);
      const own = dryRunOf(scope, eviction);
      await admit(pods, own, eviction, admission);
      await evict(pods, budgets, own, { name, options: optionsOf(eviction) });
      return successStatus(201);
    },
  };
}

interface Wanted {
  readonly name: string;
  readonly options: DeleteOptions;
}

async function evict(
  pods: GenericStore,
  budgets: GenericStore,
  scope: RequestScope,
  { name, options }: Wanted,
): Promise<void> {
  const isPinned = options.preconditions?.resourceVersion !== undefined;
  for (let attempt = 0; ; attempt++) {
    const pod = (await pods.get(scope, name)).object as Pod;
    if (!needsNoBudget(pod)) return evictRunning(pods, budgets, scope, { pod, name, options });
    const pinned = isTerminal(pod) || isPinned ? options : pinnedTo(pod, options);
    try {
      await markAndDelete(pods, scope, name, pinned);
      return;
    } catch (error) {
      const mayRetry = !isPinned && attempt + 1 < ATTEMPTS_MAX;
      if (!mayRetry || !isStatusError(error, "Conflict")) throw error;
    }
  }
}

async function evictRunning(
  pods: GenericStore,
  budgets: GenericStore,
  scope: RequestScope,
  { pod, name, options }: Wanted & { readonly pod: Pod },
): Promise<void> {
  const [budget, ...others] = await budgetsOf(budgets, scope, pod);
  if (others.length > 0) {
    throw new StatusError({
      code: 500,
      message:
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    });
  }
  if (budget === undefined) {
    await markAndDelete(pods, scope, name, options);
    return;
  }
  const budgetName = budget.metadata.name ?? "";
  if (!mayGoUnready(pod, budget)) {
    const nowMs = budgets.context.clock.now();
    await guaranteedUpdate(budgets.context, scope, budgetName, (current) =>
      decrement(current, name, nowMs),
    );
    await markAndDelete(pods, scope, name, options);
    return;
  }
  // It counts for nothing while it is not ready; were it to become ready meanwhile, it would.
  const isPinned = options.preconditions?.resourceVersion !== undefined;
  try {
    await markAndDelete(pods, scope, name, isPinned ? options : pinnedTo(pod, options));
  } catch (error) {
    if (!isPinned && isStatusError(error, "Conflict")) throw stillProcessed(budgetName);
    throw error;
  }
}

/** Whoever sees the pod end can tell from the condition that it did not fail by itself. */
async function markAndDelete(
  pods: GenericStore,
  scope: RequestScope,
  name: string,
  options: DeleteOptions,
): Promise<void> {
  if (scope.dryRun) {
    await pods.delete(scope, name, options, noAdmission);
    return;
  }
  const nowMs = pods.context.clock.now();
  // Two writes of one object need an id each, or the second is taken for the first one asked again.
  const marking = scopeWith(scope, { requestId: `${scope.requestId}.disruption` });
  const { object } = await guaranteedUpdate(pods.context, marking, name, (current) => {
    const refusal = checkPreconditions(POD, current, options);
    if (refusal !== undefined) throw refusal;
    return withDisruption(current, nowMs);
  });
  const isPinned = options.preconditions?.resourceVersion !== undefined;
  const marked = isPinned ? pinnedTo(object as Pod, options) : options;
  await pods.delete(scope, name, marked, noAdmission);
}

function withDisruption(object: AnyObject, nowMs: number): Draft {
  const { status } = object as unknown as Pod;
  const before = status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  const condition = {
    ...before,
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastProbeTime: before?.lastProbeTime ?? null,
    lastTransitionTime: before?.status === "True" ? before.lastTransitionTime : formatTime(nowMs),
  };
  const draft = draftOf(object);
  const others = (status?.conditions ?? []).filter((other) => other !== before);
  draft.status = { ...status, conditions: [...others, condition] };
  return draft;
}

/** Upstream: eviction.go shouldRetry and unhealthyPodEvictionPolicy @1.36 */
function mayGoUnready(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false;
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

async function budgetsOf(
  budgets: GenericStore,
  scope: RequestScope,
  pod: Pod,
): Promise<PodDisruptionBudget[]> {
  const { entries } = await budgets.list(scope, {});
  return entries
    .map(({ object }) => object as PodDisruptionBudget)
    .filter((budget) => coversPod(budget, pod));
}

function needsNoBudget(pod: Pod): boolean {
  return isTerminal(pod) || pod.status?.phase === "Pending";
}

/** It ends or has ended: no budget counts it. */
function isTerminal({ metadata, status }: Pod): boolean {
  return (
    status?.phase === "Succeeded" ||
    status?.phase === "Failed" ||
    metadata.deletionTimestamp !== undefined
  );
}

function pinnedTo({ metadata }: Pod, options: DeleteOptions): DeleteOptions {
  const { resourceVersion } = metadata;
  if (resourceVersion === undefined) return options;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion } };
}

async function admit(
  pods: GenericStore,
  scope: RequestScope,
  eviction: Eviction,
  admission: AdmissionChain,
): Promise<void> {
  const question = new SubresourceAdmissionRequest(scope, {
    operation: "CREATE",
    resource: pods.info,
    kind: { group: "policy", version: "v1", kind: "Eviction" },
    subresource: "eviction",
    name: eviction.metadata.name ?? "",
    object: eviction,
  });
  await admission.mutate(question);
  await admission.validate(question);
}

/** Both the request and the eviction's own options may ask for a dry run. */
function dryRunOf(scope: RequestScope, { deleteOptions }: Eviction): RequestScope {
  if (scope.dryRun || !deleteOptions?.dryRun?.length) return scope;
  return scopeWith(scope, { dryRun: true });
}

function scopeWith(
  scope: RequestScope,
  change: Partial<Pick<RequestScope, "dryRun" | "requestId">>,
): RequestScope {
  return {
    user: scope.user,
    namespace: scope.namespace,
    requestId: scope.requestId,
    dryRun: scope.dryRun,
    fieldManager: scope.fieldManager,
    ...(scope.fence && { fence: scope.fence }),
    warn: (text) => scope.warn(text),
    signal: scope.signal,
    ...change,
  };
}

function optionsOf({ deleteOptions = {} }: Eviction): DeleteOptions {
  const { gracePeriodSeconds, propagationPolicy: policy, preconditions } = deleteOptions;
  const { uid, resourceVersion } = preconditions ?? {};
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...((policy === "Orphan" || policy === "Background" || policy === "Foreground") && {
      propagationPolicy: policy,
    }),
    ...(preconditions && {
      preconditions: {
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      },
    }),
  };
}
