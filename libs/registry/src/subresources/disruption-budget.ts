/**
 * What a disruption budget says to one more eviction. Pure.
 *
 * Upstream: pkg/registry/core/pod/storage/eviction.go checkAndDecrement @1.36
 */
import { forbidden, formatTime, labelSelectorFrom, StatusError } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { PodDisruptionBudget } from "@kubets/api/policy/v1";
import { type AnyObject, type Draft, draftOf } from "../draft.ts";

/** More evictions than this without the controller noticing are too many. */
const DISRUPTED_PODS_MAX = 2000;
const RESOURCE = { group: "policy", resource: "poddisruptionbudget" } as const;

/** A budget without a selector covers nothing here, whatever a controller may think of it. */
export function coversPod(budget: PodDisruptionBudget, { metadata }: Pod): boolean {
  if (budget.metadata.namespace !== metadata.namespace) return false;
  try {
    const selector = labelSelectorFrom(budget.spec?.selector);
    return !selector.everything && !selector.nothing && selector.matches(metadata.labels ?? {});
  } catch {
    // A selector that cannot be read matches no pod.
    return false;
  }
}

/** The budget with one disruption less; throws 429 or 403 where there is none to give. */
export function decrement(object: AnyObject, podName: string, nowMs: number): Draft {
  const { metadata, status } = object as unknown as PodDisruptionBudget;
  const name = metadata.name ?? "";
  const allowed = status?.disruptionsAllowed ?? 0;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw stillProcessed(name);
  }
  if (allowed < 0) throw forbidden(RESOURCE, name, "pdb disruptions allowed is negative");
  const disrupted = status?.disruptedPods ?? {};
  if (Object.keys(disrupted).length > DISRUPTED_PODS_MAX) {
    throw forbidden(
      RESOURCE,
      name,
      "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
    );
  }
  if (allowed === 0) throw wouldViolate(whyNotAllowed(name, status), 0);
  const draft = draftOf(object);
  draft.status = {
    ...status,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...disrupted, [podName]: formatTime(nowMs) },
    ...(allowed === 1 && { conditions: withoutDisruptions(object, nowMs) }),
  };
  return draft;
}

/** The counts are not to be trusted where the controller could not take them. */
function whyNotAllowed(name: string, status: PodDisruptionBudget["status"]): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = status ?? {};
  const refused = conditions.find(
    ({ type, status, message }) =>
      type === "DisruptionAllowed" && status === "False" && message !== "",
  );
  const refusal = `The disruption budget ${name} does not allow evicting pods currently`;
  if (refused?.reason === "SyncFailed") {
    return `${refusal} because it failed sync: ${refused.message}`;
  }
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  return refused === undefined ? refusal : `${refusal} (${refused.reason}): ${refused.message}`;
}

export function stillProcessed(name: string): StatusError {
  const why = `The disruption budget ${name} is still being processed by the server.`;
  return wouldViolate(why, 10);
}

function wouldViolate(why: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 429,
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: "DisruptionBudget", message: why }],
      ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
    },
  });
}

/** Upstream: component-helpers/apps/poddisruptionbudget/helpers.go UpdateDisruptionAllowedCondition @1.36 */
function withoutDisruptions(object: AnyObject, nowMs: number) {
  const { metadata, status } = object as unknown as PodDisruptionBudget;
  const others = (status?.conditions ?? []).filter(({ type }) => type !== "DisruptionAllowed");
  return [
    ...others,
    {
      type: "DisruptionAllowed",
      status: "False",
      reason: "InsufficientPods",
      message: "",
      observedGeneration: status?.observedGeneration ?? metadata.generation ?? 0,
      lastTransitionTime: formatTime(nowMs),
    },
  ];
}
