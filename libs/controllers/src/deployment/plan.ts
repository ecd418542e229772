/**
 * The next step of a Deployment: one ReplicaSet to create, those to change, those to delete, and the status.
 *
 * Upstream: pkg/controller/deployment/{deployment_controller,sync,rolling,recreate}.go @1.36
 */
import type { Deployment, DeploymentStatus, ReplicaSet } from "@kubets/api/apps/v1";
import type { Pod } from "@kubets/api/core/v1";
import {
  compareRevisions,
  findNewReplicaSet,
  maxRevision,
  newReplicaSet,
  newReplicaSetAnnotations,
  REVISION_ANNOTATION,
  revisionOf,
  scaleAnnotations,
} from "./revisions.ts";
import {
  desiredReplicas,
  isRollingUpdate,
  isScalingEvent,
  newReplicas,
  rollingLimits,
  type Scale,
  scaleNewest,
  scaleOld,
  scaleProportionally,
  specReplicas,
} from "./scaling.ts";
import { deadlineCheckMs, deploymentStatus, isComplete } from "./status.ts";

const NO_LIMIT = 2_147_483_647;

export interface DeploymentInput {
  readonly deployment: Deployment;
  /** Those that it controls. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Their pods; asked for by the Recreate strategy only. */
  podsOf(replicaSet: ReplicaSet): readonly Pod[];
  readonly nowMs: number;
}

export interface ReplicaSetChange {
  readonly before: ReplicaSet;
  readonly after: ReplicaSet;
}

export interface DeploymentPlan {
  readonly create: ReplicaSet | undefined;
  readonly change: readonly ReplicaSetChange[];
  readonly delete: readonly ReplicaSet[];
  /** The revision that the Deployment's annotation should have; undefined: leave it. */
  readonly revision: string | undefined;
  readonly status: DeploymentStatus;
  /** Look again after this time. */
  readonly afterMs: number | undefined;
}

interface Sets {
  readonly newest: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly all: readonly ReplicaSet[];
}

interface Rollout {
  readonly create?: boolean;
  readonly scales?: readonly Scale[];
  readonly mayClean?: boolean;
  readonly isRollout: boolean;
}

export function planDeployment(input: DeploymentInput): DeploymentPlan {
  const { deployment, replicaSets, nowMs } = input;
  const found = findNewReplicaSet(deployment, replicaSets);
  const old = replicaSets.filter((replicaSet) => replicaSet !== found);
  const isEnding = deployment.metadata.deletionTimestamp !== undefined;
  const revision = maxRevision(old) + 1n;
  const newest = found === undefined || isEnding ? found : upToDate(deployment, found, revision);
  const sets: Sets = { newest, old, all: newest === undefined ? old : [...old, newest] };
  const rollout = isEnding ? { isRollout: false } : planRollout(input, sets);
  const scaled = new Map(
    (rollout.scales ?? []).map(({ replicaSet, replicas }) => [
      replicaSet,
      scaleTo(deployment, replicaSet, replicas),
    ]),
  );
  const after = (replicaSet: ReplicaSet) => scaled.get(replicaSet) ?? replicaSet;
  const change: ReplicaSetChange[] = [];
  for (const replicaSet of sets.all) {
    const before = replicaSet === newest && found !== undefined ? found : replicaSet;
    if (after(replicaSet) !== before) change.push({ before, after: after(replicaSet) });
  }
  const create =
    rollout.create === true
      ? newReplicaSet(deployment, {
          replicas: isRollingUpdate(deployment)
            ? newReplicas(deployment, old, undefined)
            : desiredReplicas(deployment),
          maxReplicas: maxReplicas(deployment),
          revision,
        })
      : undefined;
  const current = create ?? newest;
  const status = deploymentStatus({
    deployment,
    all: create === undefined ? sets.all.map(after) : [...old.map(after), create],
    newest: create ?? (newest === undefined ? undefined : after(newest)),
    isRollout: rollout.isRollout,
    nowMs,
  });
  const annotated = current === undefined ? undefined : String(revisionOf(current));
  const isAnnotated = deployment.metadata.annotations?.[REVISION_ANNOTATION] === annotated;
  return {
    create,
    change,
    delete: rollout.mayClean === true ? surplusHistory(deployment, old.map(after)) : [],
    revision: isAnnotated || isEnding ? undefined : annotated,
    status,
    afterMs: isEnding ? undefined : deadlineCheckMs(deployment, status, nowMs),
  };
}

function planRollout(input: DeploymentInput, sets: Sets): Rollout {
  const { deployment } = input;
  const { newest, old, all } = sets;
  const isPaused = deployment.spec?.paused === true;
  if (isPaused || isScalingEvent(deployment, all)) {
    const scales = scaleProportionally(deployment, old, newest);
    return { scales, mayClean: isPaused, isRollout: false };
  }
  const isDone = isComplete(deployment, deployment.status);
  if (isRollingUpdate(deployment)) {
    if (newest === undefined) return { create: true, isRollout: true };
    const grown = scaleNewest(deployment, all, newest);
    if (grown !== undefined) return { scales: [grown], isRollout: true };
    const shrunk = scaleOld(deployment, all, old, newest);
    if (shrunk.length > 0) return { scales: shrunk, isRollout: true };
    return { mayClean: isDone, isRollout: true };
  }
  const active = old.filter((replicaSet) => specReplicas(replicaSet) > 0);
  if (active.length > 0) {
    return {
      scales: active.map((replicaSet) => ({ replicaSet, replicas: 0 })),
      isRollout: true,
    };
  }
  if (old.some((replicaSet) => isRunning(replicaSet, input.podsOf(replicaSet)))) {
    return { isRollout: true };
  }
  if (newest === undefined) return { create: true, isRollout: true };
  const desired = desiredReplicas(deployment);
  if (specReplicas(newest) !== desired) {
    return { scales: [{ replicaSet: newest, replicas: desired }], isRollout: true };
  }
  return { mayClean: isDone, isRollout: true };
}

/** Pods of it may still do work, those that are being deleted too. */
function isRunning(replicaSet: ReplicaSet, pods: readonly Pod[]): boolean {
  if ((replicaSet.status?.replicas ?? 0) > 0) return true;
  return pods.some(({ status }) => status?.phase !== "Failed" && status?.phase !== "Succeeded");
}

function maxReplicas(deployment: Deployment): number {
  return desiredReplicas(deployment) + rollingLimits(deployment).maxSurge;
}

/** The newest set with the Deployment's annotations, its number and minReadySeconds; the same object if it has them. */
function upToDate(deployment: Deployment, newest: ReplicaSet, revision: bigint): ReplicaSet {
  const before = newest.metadata.annotations ?? {};
  const annotations = newReplicaSetAnnotations(deployment, before, revision);
  const isAnnotated =
    Object.entries(annotations).every(([key, value]) => before[key] === value) &&
    Object.keys(annotations).length === Object.keys(before).length;
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  if (isAnnotated && (newest.spec?.minReadySeconds ?? 0) === minReadySeconds) return newest;
  return {
    ...newest,
    metadata: { ...newest.metadata, annotations },
    spec: { selector: {}, ...newest.spec, minReadySeconds },
  };
}

/** The same object when it has this size and the right annotations. */
function scaleTo(deployment: Deployment, replicaSet: ReplicaSet, replicas: number): ReplicaSet {
  const before = replicaSet.metadata.annotations;
  const annotations = scaleAnnotations(
    before,
    desiredReplicas(deployment),
    maxReplicas(deployment),
  );
  const isAnnotated = Object.entries(annotations).every(([key, value]) => before?.[key] === value);
  if (specReplicas(replicaSet) === replicas && isAnnotated) return replicaSet;
  return {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { selector: {}, ...replicaSet.spec, replicas },
  };
}

/** Empty sets beyond the history limit, the oldest revisions first. */
function surplusHistory(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === NO_LIMIT) return [];
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return alive
    .toSorted((a, b) => compareRevisions(revisionOf(a), revisionOf(b)))
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      (replicaSet) =>
        specReplicas(replicaSet) === 0 &&
        (replicaSet.status?.replicas ?? 0) === 0 &&
        (replicaSet.metadata.generation ?? 0) <= (replicaSet.status?.observedGeneration ?? 0),
    );
}
