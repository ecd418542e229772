/** A status of each kind that has one. */
import type { JsonMap } from "../exchange.ts";

const at = "2020-01-01T00:00:00Z";
const condition = (type: string): JsonMap => ({
  type,
  status: "True",
  lastUpdateTime: at,
  lastTransitionTime: at,
  reason: "R",
  message: "m",
});
const metaCondition = {
  type: "Ready",
  status: "True",
  observedGeneration: 1,
  lastTransitionTime: at,
  reason: "R",
  message: "m",
};
const { lastUpdateTime: _, ...simple } = condition("Available");

export const statusSamples: { readonly [kind: string]: JsonMap } = {
  Deployment: {
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    unavailableReplicas: 0,
    terminatingReplicas: 0,
    conditions: [condition("Available")],
    collisionCount: 0,
  },
  ReplicaSet: {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    terminatingReplicas: 0,
    observedGeneration: 1,
    conditions: [simple],
  },
  ReplicationController: {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
    conditions: [simple],
  },
  StatefulSet: {
    observedGeneration: 1,
    replicas: 2,
    readyReplicas: 2,
    currentReplicas: 2,
    updatedReplicas: 2,
    currentRevision: "a",
    updateRevision: "b",
    collisionCount: 0,
    availableReplicas: 2,
    conditions: [simple],
  },
  DaemonSet: {
    currentNumberScheduled: 1,
    numberMisscheduled: 0,
    desiredNumberScheduled: 1,
    numberReady: 1,
    observedGeneration: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 0,
    collisionCount: 0,
    conditions: [simple],
  },
  Job: {
    conditions: [],
    startTime: at,
    active: 1,
    terminating: 0,
    succeeded: 1,
    failed: 1,
    completedIndexes: "0",
    uncountedTerminatedPods: { succeeded: ["a"], failed: ["b"] },
    ready: 0,
  },
  CronJob: {
    active: [{ kind: "Job", name: "j", namespace: "x", uid: "u", apiVersion: "batch/v1" }],
    lastScheduleTime: at,
    lastSuccessfulTime: at,
  },
  PodDisruptionBudget: {
    observedGeneration: 1,
    disruptedPods: { p: at },
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
    conditions: [metaCondition],
  },
  Service: {
    loadBalancer: {
      ingress: [
        { ip: "192.0.2.1", ipMode: "VIP", ports: [{ port: 80, protocol: "TCP" }] },
        { hostname: "lb.example.com" },
      ],
    },
    conditions: [metaCondition],
  },
  Pod: {
    phase: "Running",
    conditions: [
      {
        type: "Ready",
        status: "True",
        lastProbeTime: null,
        lastTransitionTime: at,
        observedGeneration: 1,
      },
    ],
    message: "m",
    reason: "R",
    hostIP: "192.0.2.1",
    hostIPs: [{ ip: "192.0.2.1" }],
    podIP: "10.0.0.1",
    podIPs: [{ ip: "10.0.0.1" }],
    startTime: at,
    qosClass: "BestEffort",
    containerStatuses: [
      {
        name: "c",
        state: { running: { startedAt: at } },
        lastState: {},
        ready: true,
        restartCount: 1,
        image: "i",
        imageID: "id",
        containerID: "containerd://x",
        started: true,
      },
    ],
  },
};
