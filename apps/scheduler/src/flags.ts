import type { FlagTable } from "@kubets/service";

const API = "API server flags";
const LEADER = "Leader election flags";
const SERVING = "Secure serving flags";

export const flags = {
  config: {
    kind: "string",
    default: "",
    help: "file with a KubeSchedulerConfiguration; flags given beside it win",
  },
  server: {
    kind: "list",
    default: ["127.0.0.1:6446"],
    group: API,
    help: "gRPC addresses of the apiservers, tried in turn",
  },
  "certificate-authority": {
    kind: "string",
    default: "",
    group: API,
    help: "PEM file that verifies the apiserver",
  },
  "client-certificate": {
    kind: "string",
    default: "",
    group: API,
    help: "PEM file of this component's certificate",
  },
  "client-key": { kind: "string", default: "", group: API, help: "PEM file of its key" },
  kubeconfig: {
    kind: "string",
    default: "",
    group: API,
    help: "kubeconfig of an apiserver to speak REST with, in place of --server",
  },
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
  "bind-address": {
    kind: "string",
    default: "0.0.0.0",
    group: SERVING,
    help: "address of the health and metrics port",
  },
  "secure-port": {
    kind: "int",
    default: 10259,
    min: 0,
    group: SERVING,
    help: "health and metrics port; 0 turns it off",
  },
  "tls-cert-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "PEM file to serve with; absent: one made at start",
  },
  "tls-private-key-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "PEM file of the serving key",
  },
  "client-ca-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "PEM file of the authority whose client certificates are taken; absent: tokens only",
  },
  "leader-elect": {
    kind: "bool",
    default: true,
    group: LEADER,
    help: "schedule in one replica at a time",
  },
  "leader-elect-lease-duration": {
    kind: "duration",
    default: 15_000,
    group: LEADER,
    help: "how long others wait for a silent leader",
  },
  "leader-elect-renew-deadline": {
    kind: "duration",
    default: 10_000,
    group: LEADER,
    help: "a leader that cannot renew for so long stops",
  },
  "leader-elect-retry-period": {
    kind: "duration",
    default: 2_000,
    group: LEADER,
    help: "how often the lease is tried or renewed",
  },
  "leader-elect-resource-name": {
    kind: "string",
    default: "kube-scheduler",
    group: LEADER,
    help: "name of the Lease",
  },
  "leader-elect-resource-namespace": {
    kind: "string",
    default: "kube-system",
    group: LEADER,
    help: "namespace of the Lease",
  },
} as const satisfies FlagTable;
