import { connectionFlags, kubeconfigFlags, leaderElectionFlags } from "@kubets/client";
import { type FlagTable, secureServingFlags } from "@kubets/service";

const API = "API server flags";

export const flags = {
  config: {
    kind: "string",
    default: "",
    help: "file with a KubeSchedulerConfiguration; flags given beside it win",
  },
  ...connectionFlags,
  ...kubeconfigFlags,
  "kube-api-qps": {
    kind: "int",
    default: 0,
    min: 0,
    group: API,
    help: "requests per second to the apiserver; 0 for no limit",
  },
  "kube-api-burst": {
    kind: "int",
    default: 100,
    min: 1,
    group: API,
    help: "requests at once where --kube-api-qps limits them",
  },
  "authentication-kubeconfig": {
    kind: "string",
    default: "",
    group: API,
    help: "taken and not needed: callers are checked through the connection above",
  },
  "authorization-kubeconfig": {
    kind: "string",
    default: "",
    group: API,
    help: "taken and not needed: callers are checked through the connection above",
  },
  ...secureServingFlags(10_259),
  ...leaderElectionFlags("kube-scheduler", "schedule in one replica at a time"),
} as const satisfies FlagTable;
