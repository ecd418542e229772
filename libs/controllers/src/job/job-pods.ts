/** What a Job sees in its pods, and the pods that it makes. */
import { isPodTerminal, isPodTerminating, parseTime, podCondition } from "@kubets/api";
import type { Job } from "@kubets/api/batch/v1";
import type { Container, Pod } from "@kubets/api/core/v1";
import { podFromTemplate } from "../pod-control/pod-from-template.ts";
import { COMPLETION_INDEX } from "./indexes.ts";

export const TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking";
export const INDEX_FAILURES = "batch.kubernetes.io/job-index-failure-count";
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

/** When the pod ended, as far as anybody wrote it down. */
export function finishedMs(pod: Pod): number {
  const times = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ].map(({ state }) => parseTime(state?.terminated?.finishedAt ?? ""));
  const latest = times.reduce<number | undefined>(
    (most, time) => (time === undefined ? most : Math.max(most ?? 0, time)),
    undefined,
  );
  return (
    latest ??
    parseTime(podCondition(pod, "Ready")?.lastTransitionTime ?? "") ??
    parseTime(pod.metadata.deletionTimestamp ?? pod.metadata.creationTimestamp ?? "") ??
    0
  );
}

/** How often the index of this pod had failed before it. */
export function earlierFailures(pod: Pod): number {
  const text = pod.metadata.annotations?.[INDEX_FAILURES] ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** `index`: undefined for Jobs that are not indexed. */
export function jobPod(job: Job, index: number | undefined, failures: number | undefined): Pod {
  const template = job.spec?.template;
  const finalizers = [TRACKING_FINALIZER];
  if (index === undefined) return podFromTemplate(job, template, { finalizers });
  const name = job.metadata.name ?? "";
  const pod = podFromTemplate(job, template, {
    generateName: `${name}-${index}-`,
    labels: { [COMPLETION_INDEX]: String(index) },
    annotations: {
      [COMPLETION_INDEX]: String(index),
      ...(failures === undefined ? {} : { [INDEX_FAILURES]: String(failures) }),
    },
    finalizers,
  });
  const { initContainers, containers = [] } = pod.spec ?? {};
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: containers.map(withIndex),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndex) }),
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
