/**
 * How many replicas each ReplicaSet of a Deployment should have.
 *
 * Upstream: pkg/controller/deployment/{rolling,sync}.go, util/deployment_util.go @1.36
 */
import type { IntOrString } from "@kubets/api";
import type { Deployment, ReplicaSet } from "@kubets/api/apps/v1";
import { roundedShare } from "../pod-control/rounded-share.ts";
import {
  annotatedCount,
  byAge,
  DESIRED_REPLICAS_ANNOTATION,
  MAX_REPLICAS_ANNOTATION,
} from "./revisions.ts";

/** A ReplicaSet and the replicas it should have. */
export interface Scale {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

export const specReplicas = (replicaSet: ReplicaSet): number => replicaSet.spec?.replicas ?? 1;
export const desiredReplicas = (deployment: Deployment): number => deployment.spec?.replicas ?? 1;
export const isRollingUpdate = (deployment: Deployment): boolean =>
  (deployment.spec?.strategy?.type ?? "RollingUpdate") === "RollingUpdate";

export function sum(
  replicaSets: readonly ReplicaSet[],
  count: (replicaSet: ReplicaSet) => number | undefined,
): number {
  return replicaSets.reduce((total, replicaSet) => total + (count(replicaSet) ?? 0), 0);
}

/** maxSurge is rounded up and maxUnavailable down; when both come to nothing, one may be unavailable. */
export function rollingLimits(deployment: Deployment): {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
} {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const limits = deployment.spec?.strategy?.rollingUpdate;
  const share = (value: IntOrString | undefined, round: "up" | "down") =>
    roundedShare(value ?? 0, desired, round);
  const maxSurge = share(limits?.maxSurge, "up");
  const maxUnavailable = share(limits?.maxUnavailable, "down");
  if (maxSurge === 0 && maxUnavailable === 0) {
    return { maxSurge: 0, maxUnavailable: Math.min(1, desired) };
  }
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, desired) };
}

/** How many replicas the newest set may have now. */
export function newReplicas(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const has = newest === undefined ? 0 : specReplicas(newest);
  const room = desired + rollingLimits(deployment).maxSurge - sum(all, specReplicas);
  if (room <= 0) return has;
  return has + Math.min(room, desired - has);
}

/** Undefined: leave it. */
export function scaleNewest(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newest: ReplicaSet,
): Scale | undefined {
  const desired = desiredReplicas(deployment);
  if (specReplicas(newest) === desired) return undefined;
  const replicas = specReplicas(newest) > desired ? desired : newReplicas(deployment, all, newest);
  return replicas === specReplicas(newest) ? undefined : { replicaSet: newest, replicas };
}

/** Takes from the old sets as many as may be missed: first pods that do not serve anyway, then healthy ones. */
export function scaleOld(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  old: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
): Scale[] {
  if (sum(old, specReplicas) === 0) return [];
  const desired = desiredReplicas(deployment);
  const { maxUnavailable } = rollingLimits(deployment);
  const minAvailable = desired - maxUnavailable;
  const newUnavailable =
    newest === undefined ? 0 : specReplicas(newest) - (newest.status?.availableReplicas ?? 0);
  const removable = sum(all, specReplicas) - minAvailable - newUnavailable;
  if (removable <= 0) return [];
  const replicas = new Map<ReplicaSet, number>();
  const now = (replicaSet: ReplicaSet) => replicas.get(replicaSet) ?? specReplicas(replicaSet);

  let left = removable;
  for (const replicaSet of byAge(old)) {
    if (left <= 0) break;
    const unhealthy = specReplicas(replicaSet) - (replicaSet.status?.availableReplicas ?? 0);
    if (specReplicas(replicaSet) === 0 || unhealthy <= 0) continue;
    const taken = Math.min(left, unhealthy);
    replicas.set(replicaSet, now(replicaSet) - taken);
    left -= taken;
  }

  left = sum(all, ({ status }) => status?.availableReplicas) - minAvailable;
  for (const replicaSet of byAge(old)) {
    if (left <= 0) break;
    if (now(replicaSet) === 0) continue;
    const taken = Math.min(left, now(replicaSet));
    replicas.set(replicaSet, now(replicaSet) - taken);
    left -= taken;
  }
  return [...replicas].map(([replicaSet, count]) => ({ replicaSet, replicas: count }));
}

/** Whether the Deployment's replicas were changed since its sets were last scaled. */
export function isScalingEvent(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((replicaSet) => {
    if (specReplicas(replicaSet) <= 0) return false;
    const recorded = annotatedCount(replicaSet, DESIRED_REPLICAS_ANNOTATION);
    return recorded !== undefined && recorded !== desiredReplicas(deployment);
  });
}

/**
 * After a change of the Deployment's replicas (or while it is paused): one set gets all, or, in the midst of a rolling
 * update, every set its share.
 *
 * Upstream: pkg/controller/deployment/sync.go scale @1.36
 */
export function scaleProportionally(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
): Scale[] {
  const desired = desiredReplicas(deployment);
  const all = newest === undefined ? [...old] : [...old, newest];
  const single = activeOrLatest(old, newest);
  // The right size already: its annotations may still tell of another.
  if (single !== undefined) return [{ replicaSet: single, replicas: desired }];
  if (newest !== undefined && isSaturated(deployment, newest)) {
    return old
      .filter((replicaSet) => specReplicas(replicaSet) > 0)
      .map((replicaSet) => ({ replicaSet, replicas: 0 }));
  }
  if (!isRollingUpdate(deployment)) return [];
  const active = all.filter((replicaSet) => specReplicas(replicaSet) > 0);
  const total = sum(active, specReplicas);
  const allowed = desired > 0 ? desired + rollingLimits(deployment).maxSurge : 0;
  const toAdd = allowed - total;
  // Larger sets first; among equal ones newer first when growing and older first when shrinking.
  const ordered = byAge(active);
  if (toAdd > 0) ordered.reverse();
  ordered.sort((a, b) => specReplicas(b) - specReplicas(a));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const replicaSet of ordered) {
    const share = toAdd === 0 ? 0 : proportion(deployment, replicaSet, toAdd, added);
    sizes.set(replicaSet, specReplicas(replicaSet) + share);
    added += share;
  }
  const [first] = ordered;
  if (first !== undefined && toAdd !== 0) {
    sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + toAdd - added));
  }
  return [...sizes].map(([replicaSet, replicas]) => ({ replicaSet, replicas }));
}

/** The only set with replicas, or the newest when none has any; undefined when several have. */
function activeOrLatest(
  old: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
): ReplicaSet | undefined {
  const all = newest === undefined ? [...old] : [...old, newest];
  const active = all.filter((replicaSet) => specReplicas(replicaSet) > 0);
  if (active.length > 1) return undefined;
  return active[0] ?? newest ?? byAge(old).at(-1);
}

/** The newest set has all the replicas and they are available. */
function isSaturated(deployment: Deployment, newest: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return (
    specReplicas(newest) === desired &&
    annotatedCount(newest, DESIRED_REPLICAS_ANNOTATION) === desired &&
    (newest.status?.availableReplicas ?? 0) === desired
  );
}

function proportion(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  toAdd: number,
  added: number,
): number {
  const size = specReplicas(replicaSet);
  if (size === 0) return 0;
  const share = fraction(deployment, replicaSet);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
}

function fraction(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = specReplicas(replicaSet);
  const desired = desiredReplicas(deployment);
  if (desired === 0) return -size;
  const allowed = desired + rollingLimits(deployment).maxSurge;
  const before = annotatedCount(replicaSet, MAX_REPLICAS_ANNOTATION) ?? deployment.status?.replicas;
  if (before === undefined || before === 0) return 0;
  return roundHalfAway((size * allowed) / before) - size;
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}
