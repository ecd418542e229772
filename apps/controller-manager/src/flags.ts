/** The settings of the controller-manager, with upstream's names and defaults. */
import { connectionFlags, leaderElectionFlags } from "@kubets/client";
import { FlagError, type FlagTable, type FlagValues, secureServingFlags } from "@kubets/service";

const API = "API server flags";
const CONTROLLERS = "Controller flags";

/** How many of a kind are worked on at once. */
function syncs(standard: number, what: string) {
  return {
    kind: "int",
    default: standard,
    min: 1,
    group: CONTROLLERS,
    help: `how many ${what} are worked on at once`,
  } as const;
}

export const flags = {
  ...connectionFlags,
  "kube-api-qps": {
    kind: "int",
    default: 0,
    min: 0,
    group: API,
    help: "requests a second at most, for each controller's client; 0: as many as the apiserver takes",
  },
  "kube-api-burst": {
    kind: "int",
    default: 30,
    min: 1,
    group: API,
    help: "requests at once where --kube-api-qps limits them",
  },
  ...secureServingFlags(10_257),
  ...leaderElectionFlags("kube-controller-manager", "run the controllers in one replica at a time"),
  controllers: {
    kind: "list",
    default: ["*"],
    group: CONTROLLERS,
    help: "'*' for all, 'name' for one, '-name' to leave one out",
  },
  "cluster-cidr": {
    kind: "string",
    default: "10.244.0.0/16",
    group: CONTROLLERS,
    help: "the range that pods' addresses come from",
  },
  "allocate-node-cidrs": {
    kind: "bool",
    default: false,
    group: CONTROLLERS,
    help: "give each node a piece of --cluster-cidr",
  },
  "node-cidr-mask-size": {
    kind: "int",
    default: 24,
    min: 8,
    group: CONTROLLERS,
    help: "bits of the mask of a node's piece",
  },
  "node-monitor-grace-period": {
    kind: "duration",
    default: 50_000,
    group: CONTROLLERS,
    help: "a node silent for so long is not healthy",
  },
  "node-startup-grace-period": {
    kind: "duration",
    default: 60_000,
    group: CONTROLLERS,
    help: "the same for a node that has just come up",
  },
  "node-eviction-rate": {
    kind: "string",
    default: "0.1",
    group: CONTROLLERS,
    help: "nodes of a zone per second that begin to lose their pods",
  },
  "secondary-node-eviction-rate": {
    kind: "string",
    default: "0.01",
    group: CONTROLLERS,
    help: "the same in a large zone most of which is not healthy",
  },
  "large-cluster-size-threshold": {
    kind: "int",
    default: 50,
    min: 0,
    group: CONTROLLERS,
    help: "a zone of so many nodes or fewer keeps its pods while most of it is not healthy",
  },
  "unhealthy-zone-threshold": {
    kind: "string",
    default: "0.55",
    group: CONTROLLERS,
    help: "the share of a zone's nodes (at least three) that are most of it",
  },
  "terminated-pod-gc-threshold": {
    kind: "int",
    default: 12_500,
    group: CONTROLLERS,
    help: "so many pods that have ended are kept; 0 or less: all",
  },
  "enable-garbage-collector": {
    kind: "bool",
    default: true,
    group: CONTROLLERS,
    help: "delete what nobody owns any more",
  },
  "max-endpoints-per-slice": {
    kind: "int",
    default: 100,
    min: 1,
    group: CONTROLLERS,
    help: "endpoints in an EndpointSlice, up to 1000",
  },
  "mirroring-max-endpoints-per-subset": {
    kind: "int",
    default: 1000,
    min: 1,
    group: CONTROLLERS,
    help: "addresses of a subset that are mirrored into an EndpointSlice, up to 1000",
  },
  "concurrent-deployment-syncs": syncs(5, "Deployments"),
  "concurrent-replicaset-syncs": syncs(5, "ReplicaSets"),
  "concurrent-rc-syncs": syncs(5, "ReplicationControllers"),
  "concurrent-daemonset-syncs": syncs(2, "DaemonSets"),
  "concurrent-statefulset-syncs": syncs(5, "StatefulSets"),
  "concurrent-job-syncs": syncs(5, "Jobs"),
  "concurrent-cron-job-syncs": syncs(5, "CronJobs"),
  "concurrent-endpoint-syncs": syncs(5, "Endpoints"),
  "concurrent-service-endpoint-syncs": syncs(5, "Services' EndpointSlices"),
  "mirroring-concurrent-service-endpoint-syncs": syncs(5, "mirrored Endpoints"),
  "concurrent-namespace-syncs": syncs(10, "namespaces"),
  "concurrent-gc-syncs": syncs(20, "objects that may have lost their owners"),
  "concurrent-ttl-after-finished-syncs": syncs(5, "ended Jobs"),
  "concurrent-resource-quota-syncs": syncs(5, "ResourceQuotas"),
  "resource-quota-sync-period": {
    kind: "duration",
    default: 300_000,
    min: 1_000,
    group: CONTROLLERS,
    help: "how often what quotas count is counted anew",
  },
  "root-ca-file": {
    kind: "string",
    default: "",
    group: CONTROLLERS,
    help: "PEM file published as kube-root-ca.crt in every namespace",
  },
} as const satisfies FlagTable;

/** Which controller's workers a flag sets. */
const SYNCS = {
  "concurrent-deployment-syncs": "deployment-controller",
  "concurrent-replicaset-syncs": "replicaset-controller",
  "concurrent-rc-syncs": "replicationcontroller-controller",
  "concurrent-daemonset-syncs": "daemonset-controller",
  "concurrent-statefulset-syncs": "statefulset-controller",
  "concurrent-job-syncs": "job-controller",
  "concurrent-cron-job-syncs": "cronjob-controller",
  "concurrent-endpoint-syncs": "endpoints-controller",
  "concurrent-service-endpoint-syncs": "endpointslice-controller",
  "mirroring-concurrent-service-endpoint-syncs": "endpointslice-mirroring-controller",
  "concurrent-namespace-syncs": "namespace-controller",
  "concurrent-gc-syncs": "garbage-collector-controller",
  "concurrent-ttl-after-finished-syncs": "ttl-after-finished-controller",
  "concurrent-resource-quota-syncs": "resourcequota-controller",
} as const;

type Values = FlagValues<typeof flags>;

/** By the controllers' names. */
export function workersOf(values: Values): Record<string, number> {
  return Object.fromEntries(
    Object.entries(SYNCS).map(([flag, name]) => [name, values[flag as keyof typeof SYNCS]]),
  );
}

/** Throws a FlagError that names the flag. */
export function numberOf(
  values: Values,
  flag: "node-eviction-rate" | "secondary-node-eviction-rate" | "unhealthy-zone-threshold",
): number {
  const value = Number(values[flag]);
  if (values[flag] === "" || !(value >= 0)) {
    throw new FlagError(`--${flag} must be a number, 0 or greater`);
  }
  return value;
}
