/**
 * What a Deployment's status says: counts, and the conditions Available, Progressing and ReplicaFailure.
 *
 * Upstream: pkg/controller/deployment/{sync,progress}.go, util/deployment_util.go @1.36
 */
import { formatTime, parseTime } from "@kubets/api";
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from "@kubets/api/apps/v1";
import { desiredReplicas, rollingLimits, specReplicas, sum } from "./scaling.ts";

const NO_DEADLINE = 2_147_483_647;

export type Progress =
  | { readonly reason: "NewReplicaSetCreated"; readonly newest: string }
  | { readonly reason: "ReplicaSetCreateError"; readonly newest: string; readonly message: string };

export interface StatusInput {
  readonly deployment: Deployment;
  readonly all: readonly ReplicaSet[];
  readonly newest: ReplicaSet | undefined;
  /** False while paused or scaling: how far the rollout is does not matter then. */
  readonly isRollout: boolean;
  readonly nowMs: number;
}

export function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

export function conditionOf(
  conditions: readonly DeploymentCondition[] | undefined,
  type: string,
): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function deploymentStatus(input: StatusInput): DeploymentStatus {
  const { deployment, newest, nowMs } = input;
  const counts = countReplicas(input);
  let conditions: DeploymentCondition[] = pausedConditions(
    deployment,
    (deployment.status?.conditions ?? []).slice(),
    nowMs,
  );
  const needed = desiredReplicas(deployment) - rollingLimits(deployment).maxUnavailable;
  const isAvailable = (counts.availableReplicas ?? 0) >= needed;
  conditions = withCondition(conditions, {
    type: "Available",
    status: isAvailable ? "True" : "False",
    reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: isAvailable
      ? "Deployment has minimum availability."
      : "Deployment does not have minimum availability.",
    ...now(nowMs),
  });
  if (input.isRollout) {
    conditions = progressConditions(input, counts, conditions);
    conditions = failureConditions(input.all, newest, conditions);
  }
  return { ...counts, ...(conditions.length === 0 ? {} : { conditions }) };
}

function countReplicas({ deployment, all, newest }: StatusInput): DeploymentStatus {
  const replicas = sum(all, ({ status }) => status?.replicas);
  const ready = sum(all, ({ status }) => status?.readyReplicas);
  const available = sum(all, ({ status }) => status?.availableReplicas);
  const unavailable = Math.max(0, sum(all, specReplicas) - available);
  // A set that its controller has not seen yet has no pods; one that was seen by an older controller may have some.
  const isTerminatingKnown = all.every(
    ({ status }) =>
      status?.terminatingReplicas !== undefined || (status?.observedGeneration ?? 0) === 0,
  );
  const { collisionCount } = deployment.status ?? {};
  const count = (name: string, value: number) => (value === 0 ? {} : { [name]: value });
  return {
    ...(deployment.metadata.generation === undefined
      ? {}
      : { observedGeneration: deployment.metadata.generation }),
    ...count("replicas", replicas),
    ...count("updatedReplicas", newest?.status?.replicas ?? 0),
    ...count("readyReplicas", ready),
    ...count("availableReplicas", available),
    ...count("unavailableReplicas", unavailable),
    ...(isTerminatingKnown
      ? { terminatingReplicas: sum(all, ({ status }) => status?.terminatingReplicas) }
      : {}),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

/** Whether everything the spec asks for runs and nothing else does. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status?.updatedReplicas ?? 0) === desired &&
    (status?.replicas ?? 0) === desired &&
    (status?.availableReplicas ?? 0) === desired &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** Something moved forward between the stored status and the new one. */
function isProgressing(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined) =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

function isTimedOut(
  deployment: Deployment,
  current: DeploymentCondition | undefined,
  nowMs: number,
): boolean {
  if (current === undefined || current.reason === "NewReplicaSetAvailable") return false;
  if (current.reason === "ProgressDeadlineExceeded") return true;
  const sinceMs = parseTime(current.lastUpdateTime ?? "") ?? nowMs;
  return sinceMs + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000 < nowMs;
}

/** After how long the deadline should be looked at; undefined: never, or it has been reached. */
export function deadlineCheckMs(
  deployment: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const current = conditionOf(status.conditions, "Progressing");
  if (!hasDeadline(deployment) || current === undefined || isComplete(deployment, status)) {
    return undefined;
  }
  if (current.reason === "ProgressDeadlineExceeded") return undefined;
  if (current.reason === "NewReplicaSetAvailable" || deployment.spec?.paused === true) {
    return undefined;
  }
  const sinceMs = parseTime(current.lastUpdateTime ?? "") ?? nowMs;
  const leftMs = sinceMs + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000 - nowMs;
  return Math.max(0, leftMs) + 1000;
}

function progressConditions(
  { deployment, newest, nowMs }: StatusInput,
  counts: DeploymentStatus,
  conditions: DeploymentCondition[],
): DeploymentCondition[] {
  if (!hasDeadline(deployment)) return without(conditions, "Progressing");
  const current = conditionOf(conditions, "Progressing");
  const isDone =
    (counts.replicas ?? 0) === (counts.updatedReplicas ?? 0) &&
    current?.reason === "NewReplicaSetAvailable";
  const subject =
    newest === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newest.metadata.name}"`;
  const doneMessage = `${subject} has successfully progressed.`;
  // A rollout whose steps nobody saw ends with the name of its own set too.
  if (isDone && current.message === doneMessage) return conditions;
  const condition = (status: string, reason: string, message: string): DeploymentCondition => ({
    type: "Progressing",
    status,
    reason,
    message,
    ...now(nowMs),
  });
  if (isComplete(deployment, counts)) {
    return withCondition(conditions, condition("True", "NewReplicaSetAvailable", doneMessage));
  }
  if (isDone) return conditions;
  if (isProgressing(deployment.status, counts)) {
    const moved = condition("True", "ReplicaSetUpdated", `${subject} is progressing.`);
    const since = current?.status === "True" ? current.lastTransitionTime : undefined;
    return [
      ...without(conditions, "Progressing"),
      since === undefined ? moved : { ...moved, lastTransitionTime: since },
    ];
  }
  if (isTimedOut(deployment, current, nowMs)) {
    return withCondition(
      conditions,
      condition("False", "ProgressDeadlineExceeded", `${subject} has timed out progressing.`),
    );
  }
  if (current === undefined && newest !== undefined) {
    return withCondition(
      conditions,
      condition("True", "FoundNewReplicaSet", `Found new replica set "${newest.metadata.name}"`),
    );
  }
  return conditions;
}

/** The conditions after the newest ReplicaSet was made, or could not be made. */
export function withCreation(
  deployment: Deployment,
  conditions: readonly DeploymentCondition[] | undefined,
  progress: Progress,
  nowMs: number,
): DeploymentCondition[] {
  const known = (conditions ?? []).slice();
  if (!hasDeadline(deployment)) return known;
  const isCreated = progress.reason === "NewReplicaSetCreated";
  return withCondition(known, {
    type: "Progressing",
    status: isCreated ? "True" : "False",
    reason: progress.reason,
    message: isCreated
      ? `Created new replica set "${progress.newest}"`
      : `Failed to create new replica set "${progress.newest}": ${progress.message}`,
    ...now(nowMs),
  });
}

/** Says that the rollout pauses or goes on, so that its deadline does not count the pause. */
function pausedConditions(
  deployment: Deployment,
  conditions: DeploymentCondition[],
  nowMs: number,
): DeploymentCondition[] {
  if (!hasDeadline(deployment)) return conditions;
  const current = conditionOf(conditions, "Progressing");
  if (current?.reason === "ProgressDeadlineExceeded") return conditions;
  const isMarked = current?.reason === "DeploymentPaused";
  const isPaused = deployment.spec?.paused === true;
  if (isPaused === isMarked) return conditions;
  return withCondition(conditions, {
    type: "Progressing",
    status: "Unknown",
    reason: isPaused ? "DeploymentPaused" : "DeploymentResumed",
    message: isPaused ? "Deployment is paused" : "Deployment is resumed",
    ...now(nowMs),
  });
}

/** A failure of the newest set, or else of an old one. */
function failureConditions(
  all: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
  conditions: DeploymentCondition[],
): DeploymentCondition[] {
  const failureOf = (replicaSet: ReplicaSet | undefined) =>
    replicaSet?.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
  const failure = failureOf(newest) ?? all.map(failureOf).find((found) => found !== undefined);
  if (failure === undefined) return without(conditions, "ReplicaFailure");
  return withCondition(conditions, {
    ...failure,
    ...(failure.lastTransitionTime === undefined
      ? {}
      : { lastUpdateTime: failure.lastTransitionTime }),
  });
}

/** The same status and reason: the condition stays as it is. The same status: it has not changed since. */
function withCondition(
  conditions: readonly DeploymentCondition[],
  condition: DeploymentCondition,
): DeploymentCondition[] {
  const current = conditionOf(conditions, condition.type);
  const isSame =
    current?.status === condition.status &&
    current.reason === condition.reason &&
    (current.reason !== "NewReplicaSetAvailable" || current.message === condition.message);
  if (isSame) return conditions.slice();
  const { lastTransitionTime = condition.lastTransitionTime } =
    current?.status === condition.status ? current : condition;
  return [
    ...without(conditions, condition.type),
    { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) },
  ];
}

function without(conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type);
}

function now(nowMs: number): { lastUpdateTime: string; lastTransitionTime: string } {
  return { lastUpdateTime: formatTime(nowMs), lastTransitionTime: formatTime(nowMs) };
}
