/** What a Job sees in its pods, and the pods that it makes. */
import { isPodTerminal, isPodTerminating, parseTime, podCondition } from "@kubets/api";
import type { Job } from "@kubets/api/batch/v1";
import type { Container, Pod } from "@kubets/api/core/v1";
import { podFromTemplate } from "../pod-control/pod-from-template.ts";
import { COMPLETION_INDEX } from "./indexes.ts";

export const TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking";
const INDEX_FAILURES = "batch.kubernetes.io/job-index-failure-count";
const INDEX_IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count";
const INDEX_ENVIRONMENT = "JOB_COMPLETION_INDEX";

export const isIndexed = (job: Job): boolean => job.spec?.completionMode === "Indexed";
export const isSuspended = (job: Job): boolean => job.spec?.suspend === true;
export const isTracked = (pod: Pod): boolean =>
  pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;

/** Pods that are being deleted are replaced only once they have ended. */
export function replacesOnlyFailed(job: Job): boolean {
  return job.spec?.podReplacementPolicy === "Failed" || job.spec?.podFailurePolicy !== undefined;
}

/** Upstream: pkg/controller/job/job_controller.go isPodFailed @1.36 */
export function isFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === "Failed") return true;
  if (replacesOnlyFailed(job)) return false;
  return isPodTerminating(pod) && !isPodTerminal(pod);
}

/**
 * When the pod ended, as far as anybody wrote it down.
 *
 * Upstream: pkg/controller/job/backoff_utils.go getFinishedTime @1.36
 */
export function finishedMs(pod: Pod): number {
  const ready = podCondition(pod, "Ready");
  const unreadySince = ready?.status === "False" ? ready.lastTransitionTime : undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  const deletedMs = parseTime(deletionTimestamp ?? "");
  return (
    containersFinishedMs(pod) ??
    parseTime(unreadySince ?? "") ??
    (deletedMs === undefined ? undefined : deletedMs - deletionGracePeriodSeconds * 1000) ??
    parseTime(creationTimestamp ?? "") ??
    0
  );
}

/** Undefined unless all containers and sidecars have ended. */
function containersFinishedMs({ spec, status }: Pod): number | undefined {
  const sidecars = new Set(
    (spec?.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(({ name }) => name),
  );
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ];
  const times = statuses.map(({ state }) => parseTime(state?.terminated?.finishedAt ?? ""));
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 || known.length < times.length ? undefined : Math.max(...known);
}

/** How often an index has failed: by the failure policy some failures do not count, but make the next pod wait. */
export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
}

/** How often the index of this pod had failed before it. */
export function earlierFailures(pod: Pod): IndexFailures {
  const numberOf = (annotation: string) => {
    const text = pod.metadata.annotations?.[annotation] ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : 0;
  };
  return { counted: numberOf(INDEX_FAILURES), ignored: numberOf(INDEX_IGNORED_FAILURES) };
}

/** `index`: undefined for Jobs that are not indexed. */
export function jobPod(
  job: Job,
  index: number | undefined,
  failures: IndexFailures | undefined,
): Pod {
  const template = job.spec?.template;
  const finalizers = [TRACKING_FINALIZER];
  if (index === undefined) return podFromTemplate(job, template, { finalizers });
  const name = job.metadata.name ?? "";
  const pod = podFromTemplate(job, template, {
    generateName: `${name}-${index}-`,
    labels: { [COMPLETION_INDEX]: String(index) },
    annotations: {
      [COMPLETION_INDEX]: String(index),
      ...(failures === undefined ? {} : { [INDEX_FAILURES]: String(failures.counted) }),
      ...(failures === undefined || failures.ignored === 0
        ? {}
        : { [INDEX_IGNORED_FAILURES]: String(failures.ignored) }),
    },
    finalizers,
  });
  const { initContainers, containers } = pod.spec ?? {};
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: (containers ?? []).map(withIndex),
      ...(initContainers ? { initContainers: initContainers.map(withIndex) } : {}),
      hostname: `${name}-${index}`,
    },
  };
}

function withIndex(container: Container): Container {
  if (container.env?.some(({ name }) => name === INDEX_ENVIRONMENT) === true) return container;
  const fieldRef = { fieldPath: `metadata.labels['${COMPLETION_INDEX}']`, apiVersion: "v1" };
  const variable = { name: INDEX_ENVIRONMENT, valueFrom: { fieldRef } };
  return { ...container, env: [...(container.env ?? []), variable] };
}
