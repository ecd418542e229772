/**
 * How many pods of a PodDisruptionBudget may be evicted.
 *
 * Upstream: pkg/controller/disruption/disruption.go trySync @1.36
 */
import { formatTime, isPodReady, isPodTerminating, parseTime } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { Condition } from "@kubets/api/meta/v1";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "@kubets/api/policy/v1";
import { roundedShare } from "../pod-control/rounded-share.ts";

/** An evicted pod that has not begun to go after this time is counted as staying. */
export const DELETION_TIMEOUT_MS = 120_000;

export interface DisruptionInput {
  readonly budget: PodDisruptionBudget;
  /** Those it selects. */
  readonly pods: readonly Pod[];
  /** How many pods their controllers want in all. */
  readonly expectedScale: number;
  readonly nowMs: number;
}

export interface DisruptionPlan {
  readonly status: PodDisruptionBudgetStatus;
  /** Pods whose eviction came to nothing. */
  readonly notDeleted: readonly Pod[];
  readonly afterMs: number | undefined;
}

export function planDisruption(input: DisruptionInput): DisruptionPlan {
  const { budget, pods, nowMs } = input;
  const { expected, desired } = wantedPods(input);
  const disrupted: Record<string, string> = {};
  const notDeleted: Pod[] = [];
  let recheckMs: number | undefined;
  let healthy = 0;
  for (const pod of pods) {
    if (isPodTerminating(pod)) continue;
    const name = pod.metadata.name ?? "";
    const evicted = budget.status?.disruptedPods?.[name];
    const evictedMs = parseTime(evicted ?? "");
    if (evicted !== undefined && evictedMs !== undefined) {
      const limitMs = evictedMs + DELETION_TIMEOUT_MS;
      if (limitMs > nowMs) {
        disrupted[name] = evicted;
        recheckMs = Math.min(recheckMs ?? limitMs, limitMs);
        continue;
      }
      notDeleted.push(pod);
    }
    if (isPodReady(pod)) healthy++;
  }
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const { generation } = budget.metadata;
  return {
    status: {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: withCondition(budget, {
        status: allowed > 0 ? "True" : "False",
        reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
        message: "",
        nowMs,
      }),
    },
    notDeleted,
    afterMs: recheckMs === undefined ? undefined : recheckMs - nowMs + 1,
  };
}

/** When the pods cannot be counted nothing may be evicted. */
export function failSafeStatus(
  budget: PodDisruptionBudget,
  message: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  return {
    ...budget.status,
    disruptionsAllowed: 0,
    conditions: withCondition(budget, { status: "False", reason: "SyncFailed", message, nowMs }),
  };
}

/** Whether the controllers' scales decide. */
export function needsScale(budget: PodDisruptionBudget): boolean {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  return maxUnavailable !== undefined || typeof minAvailable === "string";
}

function wantedPods({ budget, pods, expectedScale }: DisruptionInput): {
  readonly expected: number;
  readonly desired: number;
} {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const missing = roundedShare(maxUnavailable, expectedScale, "up");
    return { expected: expectedScale, desired: Math.max(0, expectedScale - missing) };
  }
  if (typeof minAvailable === "number") return { expected: pods.length, desired: minAvailable };
  if (minAvailable !== undefined) {
    return { expected: expectedScale, desired: roundedShare(minAvailable, expectedScale, "up") };
  }
  return { expected: 0, desired: 0 };
}

function withCondition(
  budget: PodDisruptionBudget,
  now: {
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly nowMs: number;
  },
): Condition[] {
  const conditions = budget.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === "DisruptionAllowed");
  const { status, reason, message, nowMs } = now;
  const lastTransitionTime =
    known?.status === status ? known.lastTransitionTime : formatTime(nowMs);
  const { generation } = budget.metadata;
  return [
    ...conditions.filter(({ type }) => type !== "DisruptionAllowed"),
    {
      type: "DisruptionAllowed",
      status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime,
      reason,
      message,
    },
  ];
}
