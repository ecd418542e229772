/** apps, batch, policy and autoscaling. Upstream: pkg/printers/internalversion/printers.go @1.36 */
import { parseApiVersion, parseTime } from "@kubets/api";
import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
} from "@kubets/api/apps/v1";
import type { Scale } from "@kubets/api/autoscaling/v1";
import type { CronJob, Job } from "@kubets/api/batch/v1";
import type { PodDisruptionBudget } from "@kubets/api/policy/v1";
import { humanDuration, since } from "../human-duration.ts";
import {
  containerCells,
  labelsText,
  NONE,
  plainSelectorText,
  selectorText,
  UNSET,
} from "../text-cells.ts";

export function deploymentCells({ metadata, spec, status }: Deployment, nowMs: number): unknown[] {
  return [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    since(metadata.creationTimestamp, nowMs),
    ...containerCells(spec?.template?.spec?.containers),
    plainSelectorText(spec?.selector, "<invalid>"),
  ];
}

export function replicaSetCells({ metadata, spec, status }: ReplicaSet, nowMs: number): unknown[] {
  return [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    since(metadata.creationTimestamp, nowMs),
    ...containerCells(spec?.template?.spec?.containers),
    selectorText(spec?.selector),
  ];
}

export function statefulSetCells(
  { metadata, spec, status }: StatefulSet,
  nowMs: number,
): unknown[] {
  return [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    since(metadata.creationTimestamp, nowMs),
    ...containerCells(spec?.template?.spec?.containers),
  ];
}

export function daemonSetCells({ metadata, spec, status }: DaemonSet, nowMs: number): unknown[] {
  return [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelsText(spec?.template?.spec?.nodeSelector),
    since(metadata.creationTimestamp, nowMs),
    ...containerCells(spec?.template?.spec?.containers),
    selectorText(spec?.selector),
  ];
}

export function controllerRevisionCells(
  { metadata, revision }: ControllerRevision,
  nowMs: number,
): unknown[] {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, owner === undefined ? NONE : ownerText(owner), revision, age];
}
function ownerText(owner: { apiVersion: string; kind: string; name: string }): string {
  const group = parseApiVersion(owner.apiVersion)?.group ?? "";
  const kind = group === "" ? owner.kind : `${owner.kind}.${group}`;
  return `${kind.toLowerCase()}/${owner.name}`;
}

export function jobCells(job: Job, nowMs: number): unknown[] {
  const { metadata, spec } = job;
  return [
    metadata.name,
    jobStatus(job),
    jobCompletions(job),
    jobDuration(job, nowMs),
    since(metadata.creationTimestamp, nowMs),
    ...containerCells(spec?.template?.spec?.containers),
    selectorText(spec?.selector),
  ];
}
function jobStatus({ metadata, status }: Job): string {
  const isTrue = (type: string) =>
    status?.conditions?.find((condition) => condition.type === type)?.status === "True";
  if (isTrue("Complete")) return "Complete";
  if (isTrue("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (isTrue("Suspended")) return "Suspended";
  return isTrue("FailureTarget") ? "FailureTarget" : "Running";
}
function jobCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (typeof spec?.completions === "number") return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}
function jobDuration({ status }: Job, nowMs: number): string {
  const startMs = status?.startTime ? parseTime(status.startTime) : undefined;
  if (startMs === undefined) return "";
  const endMs = status?.completionTime ? parseTime(status.completionTime) : undefined;
  return humanDuration((endMs ?? nowMs) - startMs);
}

export function cronJobCells({ metadata, spec, status }: CronJob, nowMs: number): unknown[] {
  const template = spec?.jobTemplate?.spec;
  return [
    metadata.name,
    spec?.schedule ?? "",
    spec?.timeZone ?? NONE,
    boolText(spec?.suspend),
    status?.active?.length ?? 0,
    status?.lastScheduleTime ? since(status.lastScheduleTime, nowMs) : NONE,
    since(metadata.creationTimestamp, nowMs),
    ...containerCells(template?.template?.spec?.containers),
    selectorText(template?.selector),
  ];
}
function boolText(value: boolean | undefined): string {
  if (value === undefined) return UNSET;
  return value ? "True" : "False";
}

export function podDisruptionBudgetCells(
  { metadata, spec, status }: PodDisruptionBudget,
  nowMs: number,
): unknown[] {
  return [
    metadata.name,
    `${spec?.minAvailable ?? "N/A"}`,
    `${spec?.maxUnavailable ?? "N/A"}`,
    status?.disruptionsAllowed ?? 0,
    since(metadata.creationTimestamp, nowMs),
  ];
}

export function scaleCells({ metadata, spec, status }: Scale, nowMs: number): unknown[] {
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, spec?.replicas ?? 0, status?.replicas ?? 0, age];
}
