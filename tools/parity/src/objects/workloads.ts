/** One rich sample of each workload kind, and second ones where a field excludes another. */
import type { JsonMap } from "../exchange.ts";
import { jobTemplate, template } from "./pods.ts";

const selector = {
  matchLabels: { app: "web" },
  matchExpressions: [{ key: "app", operator: "In", values: ["web"] }],
};
const meta = (name: string) => ({ name, labels: { app: "web" } });

export const deployment: JsonMap = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: meta("deployment"),
  spec: {
    replicas: 3,
    selector,
    template,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: "25%" } },
    minReadySeconds: 5,
    revisionHistoryLimit: 3,
    paused: false,
    progressDeadlineSeconds: 60,
  },
};

export const recreate: JsonMap = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: meta("recreate"),
  spec: { selector: { matchLabels: { app: "web" } }, template, strategy: { type: "Recreate" } },
};

export const replicaSet: JsonMap = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: meta("replicaset"),
  spec: { replicas: 2, minReadySeconds: 1, selector, template },
};

export const replicationController: JsonMap = {
  apiVersion: "v1",
  kind: "ReplicationController",
  metadata: meta("rc"),
  spec: { replicas: 2, minReadySeconds: 1, selector: { app: "web" }, template },
};

export const statefulSet: JsonMap = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: meta("statefulset"),
  spec: {
    replicas: 2,
    selector,
    template,
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          resources: { requests: { storage: "1Gi" } },
        },
      },
    ],
    serviceName: "web",
    podManagementPolicy: "Parallel",
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1, maxUnavailable: 1 } },
    revisionHistoryLimit: 4,
    minReadySeconds: 2,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
    ordinals: { start: 1 },
  },
};

export const daemonSet: JsonMap = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: meta("daemonset"),
  spec: {
    selector,
    template,
    updateStrategy: {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: "10%", maxSurge: 0 },
    },
    minReadySeconds: 1,
    revisionHistoryLimit: 5,
  },
};

export const controllerRevision: JsonMap = {
  apiVersion: "apps/v1",
  kind: "ControllerRevision",
  metadata: meta("revision"),
  data: { spec: { a: 1 } },
  revision: 1,
};

export const job: JsonMap = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: meta("job"),
  spec: {
    parallelism: 2,
    completions: 3,
    activeDeadlineSeconds: 60,
    podFailurePolicy: {
      rules: [
        { action: "FailJob", onExitCodes: { containerName: "c", operator: "In", values: [1, 2] } },
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ],
    },
    successPolicy: { rules: [{ succeededIndexes: "0-1", succeededCount: 1 }] },
    backoffLimit: 4,
    template: jobTemplate,
    ttlSecondsAfterFinished: 30,
    completionMode: "Indexed",
    suspend: false,
    podReplacementPolicy: "Failed",
  },
};

export const indexedJob: JsonMap = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: meta("indexed"),
  spec: {
    parallelism: 2,
    completions: 3,
    completionMode: "Indexed",
    backoffLimitPerIndex: 1,
    maxFailedIndexes: 2,
    managedBy: "example.com/jobs",
    suspend: true,
    template: jobTemplate,
  },
};

export const manualJob: JsonMap = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: meta("manual"),
  spec: {
    manualSelector: true,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { ...(jobTemplate.spec as JsonMap) } },
  },
};

export const cronJob: JsonMap = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: meta("cronjob"),
  spec: {
    schedule: "*/5 * * * *",
    timeZone: "Europe/Berlin",
    startingDeadlineSeconds: 100,
    concurrencyPolicy: "Forbid",
    suspend: true,
    jobTemplate: {
      metadata: { labels: { job: "x" } },
      spec: { backoffLimit: 2, template: jobTemplate },
    },
    successfulJobsHistoryLimit: 2,
    failedJobsHistoryLimit: 3,
  },
};

export const budget: JsonMap = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: meta("budget"),
  spec: { minAvailable: "50%", selector, unhealthyPodEvictionPolicy: "AlwaysAllow" },
};

export const budgetOfUnavailable: JsonMap = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: meta("unavailable"),
  spec: { maxUnavailable: 1, selector: {} },
};
