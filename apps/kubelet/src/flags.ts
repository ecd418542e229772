/** The kubelet's command line: upstream's names where upstream has the flag or the configuration field. */
import { connectionFlags, kubeconfigFlags } from "@kubets/client";
import { type FlagTable, servingCertificateFlags } from "@kubets/service";

const NODE = "Node flags";
const PODS = "Pod flags";
const RUNTIME = "Runtime flags";
const NETWORK = "Network flags";
const SERVING = "Node API flags";

export const flags = {
  ...connectionFlags,
  ...kubeconfigFlags,

  "hostname-override": {
    kind: "string",
    default: "",
    group: NODE,
    help: "name of the node; the host's name where absent",
  },
  "node-ip": {
    kind: "list",
    default: [],
    group: NODE,
    help: "addresses of the node, the primary one first",
  },
  "node-labels": { kind: "map", default: {}, group: NODE, help: "labels of the Node object" },
  "register-with-taints": {
    kind: "list",
    default: [],
    group: NODE,
    help: "key=value:effect, for a node that is registered for the first time",
  },
  "max-pods": { kind: "int", default: 110, min: 1, group: NODE, help: "pods at one time" },
  "system-reserved": {
    kind: "map",
    default: {},
    group: NODE,
    help: "what pods may not use: cpu=200m,memory=500Mi",
  },
  "node-status-update-frequency": {
    kind: "duration",
    default: 10_000,
    min: 100,
    group: NODE,
    help: "how often the node's state is looked at",
  },
  "node-status-report-frequency": {
    kind: "duration",
    default: 300_000,
    min: 1000,
    group: NODE,
    help: "how often it is reported though nothing changed",
  },
  "simulated-cpus": {
    kind: "int",
    default: 4,
    min: 1,
    group: NODE,
    help: "with --runtime=simulated: cpus of the node",
  },
  "simulated-memory": {
    kind: "string",
    default: "16Gi",
    group: NODE,
    help: "with --runtime=simulated: memory of the node",
  },

  "root-dir": {
    kind: "string",
    default: "/var/lib/kubelet",
    group: PODS,
    help: "volumes and other files of pods",
  },
  "pod-logs-dir": {
    kind: "string",
    default: "",
    group: PODS,
    help: "logs of containers; <root-dir>/pod-logs where absent. Only this kubelet's: what it does not know there is removed",
  },
  "pod-max-pids": {
    kind: "int",
    default: -1,
    min: -1,
    group: PODS,
    help: "processes in a pod; -1 for no limit",
  },
  "seccomp-default": {
    kind: "bool",
    default: false,
    group: PODS,
    help: "RuntimeDefault for containers without a seccomp profile",
  },
  "serialize-image-pulls": {
    kind: "bool",
    default: true,
    group: PODS,
    help: "one image after the other",
  },
  "max-parallel-image-pulls": {
    kind: "int",
    default: 5,
    min: 1,
    group: PODS,
    help: "with --serialize-image-pulls=false: pulls at one time",
  },

  runtime: {
    kind: "string",
    default: "containerd",
    choices: ["containerd", "simulated"],
    group: RUNTIME,
    help: "what runs containers; simulated ones touch nothing of the machine",
  },
  "container-runtime-endpoint": {
    kind: "string",
    default: "unix:///run/containerd/containerd.sock",
    group: RUNTIME,
    help: "socket of the CRI runtime",
  },
  "runtime-request-timeout": {
    kind: "duration",
    default: 120_000,
    min: 1000,
    group: RUNTIME,
    help: "for calls other than pulls, stops and commands",
  },
  "cgroup-root": {
    kind: "string",
    default: "/",
    group: RUNTIME,
    help: "cgroup below which pods get theirs; one for each kubelet of a machine",
  },
  "cgroup-driver": {
    kind: "string",
    default: "cgroupfs",
    choices: ["cgroupfs"],
    group: RUNTIME,
    help: "must be the runtime's; systemd is not supported",
  },

  "pod-cidr": {
    kind: "string",
    default: "",
    group: NETWORK,
    help: "addresses of this node's pods; absent: those that the Node object names",
  },
  "cluster-dns": {
    kind: "list",
    default: [],
    group: NETWORK,
    help: "addresses of the cluster's DNS; none: pods use the node's",
  },
  "cluster-domain": {
    kind: "string",
    default: "cluster.local",
    group: NETWORK,
    help: "domain of the cluster's names",
  },
  "resolv-conf": {
    kind: "string",
    default: "/etc/resolv.conf",
    group: NETWORK,
    help: "what pods inherit of the node's DNS",
  },
  "cni-conf-dir": {
    kind: "string",
    default: "",
    group: NETWORK,
    help: "write the configuration of a CNI bridge here, as the runtime's; absent: others provide the network",
  },
  "cni-network-name": {
    kind: "string",
    default: "kubets",
    group: NETWORK,
    help: "name of that network and its file",
  },
  "cni-bridge": {
    kind: "string",
    default: "cni0",
    group: NETWORK,
    help: "name of the bridge that pods are joined to",
  },
  "cni-masquerade": {
    kind: "bool",
    default: false,
    group: NETWORK,
    help: "traffic that leaves the node's pod range takes the node's address",
  },

  address: { kind: "string", default: "0.0.0.0", group: SERVING, help: "address of the node API" },
  port: {
    kind: "int",
    default: 10_250,
    min: 0,
    group: SERVING,
    help: "port of the node API; 0 takes a free one",
  },
  "read-only-port": {
    kind: "string",
    default: "0",
    choices: ["0"],
    group: SERVING,
    help: "there is no port without authentication",
  },
  ...servingCertificateFlags(SERVING),
  "streaming-connection-idle-timeout": {
    kind: "duration",
    default: 4 * 3_600_000,
    min: 1000,
    group: SERVING,
    help: "how long exec, attach and port-forward connections may be without any traffic",
  },
} as const satisfies FlagTable;
