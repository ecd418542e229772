import type { Descriptions } from "./descriptions.ts";

const A = "k8s.io.api.apps.v1";
const B = "k8s.io.api.batch.v1";

const object = {
  metadata: "Name, labels and the like.",
  spec: "What is wanted.",
  status: "What is known. Written by the system.",
};

export const workloads: Descriptions = {
  [`${A}.Deployment`]: {
    "": "Keeps pods running and replaces them step by step when their template changes.",
    ...object,
  },
  [`${A}.DeploymentSpec`]: {
    "": "What is wanted of a Deployment.",
    replicas: "How many pods; 1 unless set.",
    selector: "Labels of the pods; the template's labels must match. It cannot be changed.",
    template: "What the pods look like.",
    strategy: "How old pods are replaced by new ones.",
    minReadySeconds: "How long a pod must be ready to count as available.",
    revisionHistoryLimit: "How many old ReplicaSets are kept to go back to; 10 unless set.",
    paused: "Holds rollouts back.",
    progressDeadlineSeconds:
      "After this time without progress a rollout counts as failed; 600 unless set.",
  },
  [`${A}.DeploymentStrategy`]: {
    "": "How old pods are replaced by new ones.",
    type: "RollingUpdate or Recreate. RollingUpdate unless set.",
    rollingUpdate: "The steps of a RollingUpdate.",
  },
  [`${A}.RollingUpdateDeployment`]: {
    "": "The steps of a rolling update.",
    maxUnavailable:
      "How many pods may be missing meanwhile, as number or percentage; 25% unless set.",
    maxSurge:
      "How many pods there may be too many meanwhile, as number or percentage; 25% unless set.",
  },
  [`${A}.DeploymentStatus`]: {
    "": "What is known of a Deployment.",
    observedGeneration: "The generation that this status is about.",
    replicas: "Pods that there are.",
    updatedReplicas: "Pods that have the newest template.",
    readyReplicas: "Pods that are ready.",
    availableReplicas: "Pods that were ready for minReadySeconds.",
    unavailableReplicas: "Pods that are missing.",
    terminatingReplicas: "Pods that are ending.",
    conditions: "The Deployment's state in single aspects.",
    collisionCount: "Counts clashes of names of ReplicaSets.",
  },
  [`${A}.ReplicaSet`]: { "": "Keeps a number of equal pods running.", ...object },
  [`${A}.ReplicaSetSpec`]: {
    "": "What is wanted of a ReplicaSet.",
    replicas: "How many pods; 1 unless set.",
    minReadySeconds: "How long a pod must be ready to count as available.",
    selector: "Labels of the pods. It cannot be changed.",
    template: "What the pods look like.",
  },
  [`${A}.StatefulSet`]: {
    "": "Keeps pods running that each have a name and storage of their own.",
    ...object,
  },
  [`${A}.StatefulSetSpec`]: {
    "": "What is wanted of a StatefulSet.",
    replicas: "How many pods; 1 unless set.",
    selector: "Labels of the pods. It cannot be changed.",
    template: "What the pods look like.",
    volumeClaimTemplates: "Claims that each pod gets for itself.",
    serviceName: "The headless Service that gives the pods their names.",
    podManagementPolicy: "OrderedReady or Parallel.",
    updateStrategy: "How pods are replaced when the template changes.",
    revisionHistoryLimit: "How many old revisions are kept.",
    minReadySeconds: "How long a pod must be ready to count as available.",
    persistentVolumeClaimRetentionPolicy: "What happens to the claims of pods that go.",
    ordinals: "The number that the first pod gets.",
  },
  [`${A}.DaemonSet`]: { "": "Runs one pod on every node, or on those that match.", ...object },
  [`${A}.DaemonSetSpec`]: {
    "": "What is wanted of a DaemonSet.",
    selector: "Labels of the pods. It cannot be changed.",
    template: "What the pods look like; its node selector and affinity choose the nodes.",
    updateStrategy: "How pods are replaced when the template changes.",
    minReadySeconds: "How long a pod must be ready to count as available.",
    revisionHistoryLimit: "How many old revisions are kept.",
  },
  [`${A}.ControllerRevision`]: {
    "": "A state of a StatefulSet or DaemonSet to go back to.",
    data: "The state.",
    revision: "Its number.",
  },
  [`${B}.Job`]: { "": "Runs pods until enough of them succeeded.", ...object },
  [`${B}.JobSpec`]: {
    "": "What is wanted of a Job.",
    parallelism: "How many pods run at a time.",
    completions: "How many must succeed.",
    activeDeadlineSeconds: "How long the Job may take.",
    podFailurePolicy: "What single failures lead to.",
    backoffLimit: "How many failures are retried; 6 unless set.",
    selector: "Labels of the pods; made by the server.",
    manualSelector: "Whether labels and selector are set by hand.",
    template: "What the pods look like.",
    ttlSecondsAfterFinished: "How long the Job is kept after its end.",
    completionMode: "NonIndexed or Indexed.",
    suspend: "Holds the Job back.",
  },
  [`${B}.CronJob`]: { "": "Makes a Job at set times.", ...object },
  [`${B}.CronJobSpec`]: {
    "": "What is wanted of a CronJob.",
    schedule: "When, in the form of cron.",
    timeZone: "The time zone of the schedule.",
    startingDeadlineSeconds: "How late a Job may start.",
    concurrencyPolicy: "Allow, Forbid or Replace.",
    suspend: "Holds further Jobs back.",
    jobTemplate: "What the Jobs look like.",
    successfulJobsHistoryLimit: "How many Jobs that succeeded are kept.",
    failedJobsHistoryLimit: "How many Jobs that failed are kept.",
  },
};
