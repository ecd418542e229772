/**
 * The command line of every component, from the cluster's spec. Pure: what a cluster runs can be read and tested here.
 */
import { join } from "node:path";
import {
  type ClusterSpec,
  type NodeSpec,
  type Replicated,
  replicaAddresses,
  replicasOf,
} from "./cluster-spec.ts";
import { nodeCgroup } from "./node-cgroup.ts";
import type { ClusterPaths } from "./paths.ts";

export interface ComponentCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly stopTimeoutMs: number;
}

/** Where the bundles are and which Node runs them. */
export interface Programs {
  readonly node: string;
  /** The bundle of an app by its name. */
  bundle(app: string): string;
}

const service = (
  programs: Programs,
  app: string,
  name: string,
  args: readonly string[],
  stopTimeoutMs: number,
  nodeOptions: readonly string[] = [],
): ComponentCommand => ({
  name,
  program: programs.node,
  args: [...nodeOptions, programs.bundle(app), ...args],
  stopTimeoutMs,
});

export const CLUSTER_DOMAIN = "cluster.local";
/** Not 53: a resolver of the machine may listen there on every address. The Service has the usual port. */
export const DNS_PORT = 10_053;
export const DNS_METRICS_PORT = 9153;
const PROXY_METRICS_PORT = 10249;
export const proxyMetricsServer = ({ address }: NodeSpec) =>
  `http://${address}:${PROXY_METRICS_PORT}`;

/** The gRPC addresses that components dial, in turn; `turn` spreads them over the apiservers. */
export function grpcAddresses(spec: ClusterSpec, turn = 0): string[] {
  const all = replicaAddresses(spec, "apiserver").map((address) => `${address}:${spec.grpcPort}`);
  const first = turn % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/** The REST URL for kubectl. */
export const serverUrl = (spec: ClusterSpec) =>
  `https://${spec.network.gateway}:${spec.apiserverPort}`;

/** "scheduler" where there is one, else "scheduler 1", "scheduler 2", …: what status, logs and restart call it. */
const replicaName = (spec: ClusterSpec, component: Replicated, index: number) =>
  replicasOf(spec, component) === 1 ? component : `${component} ${index + 1}`;

/** How long a replica serves on after its signal, so that the balancer has seen it go. */
const BALANCED_DELAY = "2s";

export function apiserverCommands(
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
  databaseUrl: string,
): ComponentCommand[] {
  const addresses = replicaAddresses(spec, "apiserver");
  return addresses.map((address, index) =>
    service(
      programs,
      "apiserver",
      replicaName(spec, "apiserver", index),
      [
        ...apiserverArguments(spec, paths, databaseUrl, address),
        ...(addresses.length === 1 ? [] : [`--shutdown-delay-duration=${BALANCED_DELAY}`]),
        ...spec.extraArguments.apiserver,
      ],
      15_000,
      ["--max-semi-space-size=32"],
    ),
  );
}

function apiserverArguments(
  spec: ClusterSpec,
  paths: ClusterPaths,
  databaseUrl: string,
  address: string,
): string[] {
  const pki = (file: string) => join(paths.pki, file);
  return [
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${spec.apiserverPort}`,
    `--grpc-port=${spec.grpcPort}`,
    `--database-url=${databaseUrl}`,
    ...(spec.natsServer === undefined
      ? []
      : [`--nats-config=${join(paths.state, "nats-client.json")}`]),
    `--client-ca-file=${pki("ca.crt")}`,
    `--tls-cert-file=${pki("apiserver.crt")}`,
    `--tls-private-key-file=${pki("apiserver.key")}`,
    `--kubelet-client-certificate=${pki("apiserver-kubelet-client.crt")}`,
    `--kubelet-client-key=${pki("apiserver-kubelet-client.key")}`,
    `--kubelet-certificate-authority=${pki("ca.crt")}`,
    `--service-account-key-file=${pki("service-accounts.pub")}`,
    `--service-account-signing-key-file=${pki("service-accounts.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-cluster-ip-range=${spec.network.serviceCidr}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
  ];
}

export const balancerHealthPort = ({ apiserverPort }: ClusterSpec) => apiserverPort + 4;

/** Stands at the cluster's address where several apiservers do not. */
export function balancerCommand(
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
): ComponentCommand | undefined {
  const addresses = replicaAddresses(spec, "apiserver");
  if (addresses.length === 1) return undefined;
  const args = [
    "balance",
    `--listen=${spec.network.gateway}:${spec.apiserverPort}`,
    ...addresses.map((address) => `--backend=${address}:${spec.apiserverPort}`),
    `--health=${spec.network.gateway}:${balancerHealthPort(spec)}`,
    `--certificate-authority=${join(paths.pki, "ca.crt")}`,
  ];
  return service(programs, "kubets", "balancer", args, 5_000);
}

/** What status and records call the process that keeps all others. */
export const SUPERVISOR = "supervisor";
/** The embedded database, which is nobody's child. */
export const POSTGRES = "postgres";
/** What keeps the supervisor, as the supervisor keeps everything else. */
export const GUARD = "guard";

export function guardCommand(spec: ClusterSpec, programs: Programs): ComponentCommand {
  // It only waits: a small nursery is enough.
  const options = ["--max-semi-space-size=1"];
  return service(programs, "kubets", GUARD, ["guard", "--name", spec.name], 5_000, options);
}

function apiClient(spec: ClusterSpec, paths: ClusterPaths, identity: string, turn = 0): string[] {
  return [
    ...grpcAddresses(spec, turn).map((address) => `--server=${address}`),
    `--certificate-authority=${join(paths.pki, "ca.crt")}`,
    `--client-certificate=${join(paths.pki, `${identity}.crt`)}`,
    `--client-key=${join(paths.pki, `${identity}.key`)}`,
  ];
}

export function schedulerCommands(
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
): ComponentCommand[] {
  return replicaAddresses(spec, "scheduler").map((address, index) => {
    const name = replicaName(spec, "scheduler", index);
    const args = [
      ...apiClient(spec, paths, "scheduler", index),
      `--bind-address=${address}`,
      `--secure-port=${spec.apiserverPort + 1}`,
      `--client-ca-file=${join(paths.pki, "ca.crt")}`,
      ...spec.extraArguments.scheduler,
    ];
    // Pods that are read live long; in a small nursery each would be copied many times on its way out of it.
    return service(programs, "scheduler", name, args, 10_000, ["--max-semi-space-size=64"]);
  });
}

export function controllerManagerCommands(
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
): ComponentCommand[] {
  return replicaAddresses(spec, "controller-manager").map((address, index) => {
    const name = replicaName(spec, "controller-manager", index);
    const args = [
      // Not the apiserver that the scheduler of the same number begins with.
      ...apiClient(spec, paths, "controller-manager", index + 1),
      `--bind-address=${address}`,
      `--secure-port=${spec.apiserverPort + 2}`,
      `--cluster-cidr=${spec.network.podCidr}`,
      "--allocate-node-cidrs=true",
      `--root-ca-file=${join(paths.pki, "ca.crt")}`,
      `--client-ca-file=${join(paths.pki, "ca.crt")}`,
      ...spec.extraArguments["controller-manager"],
    ];
    return service(programs, "controller-manager", name, args, 10_000);
  });
}

const turnOf = (spec: ClusterSpec, node: NodeSpec) =>
  Math.max(
    0,
    spec.nodes.findIndex(({ name }) => name === node.name),
  );

export function kubeletCommand(
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
  node: NodeSpec,
): ComponentCommand {
  const nodePaths = paths.node(node.name);
  const serving = join(paths.pki, `kubelet-${node.name}-serving`);
  const args = [
    ...apiClient(spec, paths, `kubelet-${node.name}`, turnOf(spec, node)),
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--root-dir=${nodePaths.kubeletRoot}`,
    `--client-ca-file=${join(paths.pki, "ca.crt")}`,
    `--tls-cert-file=${serving}.crt`,
    `--tls-private-key-file=${serving}.key`,
    `--runtime=${spec.runtime}`,
    ...Object.entries(node.labels ?? {}).map(([key, value]) => `--node-labels=${key}=${value}`),
    ...(node.taints ?? []).map((taint) => `--register-with-taints=${taint}`),
    ...(node.kubeletPort === undefined ? [] : [`--port=${node.kubeletPort}`]),
    `--cluster-domain=${CLUSTER_DOMAIN}`,
    ...(spec.runtime === "containerd"
      ? [
          `--cluster-dns=${spec.network.dnsAddress}`,
          `--container-runtime-endpoint=unix://${nodePaths.containerdSocket}`,
          `--cgroup-root=${nodeCgroup(spec.name, node.name)}`,
          `--cni-conf-dir=${nodePaths.cniConfig}`,
        ]
      : []),
    ...spec.extraArguments.kubelet,
  ];
  return service(programs, "kubelet", `kubelet ${node.name}`, args, 15_000);
}

/** Runs inside the node's network namespace: the rules it writes are the node's. */
export function proxyCommand(
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
  node: NodeSpec,
): ComponentCommand {
  const args = [
    ...apiClient(spec, paths, "proxy", turnOf(spec, node) + 1),
    `--hostname-override=${node.name}`,
    `--cluster-cidr=${spec.network.podCidr}`,
    `--service-cluster-ip-range=${spec.network.serviceCidr}`,
    // On the fabric, as the health it serves: whoever is on the host may read both.
    `--metrics-bind-address=${node.address}:${PROXY_METRICS_PORT}`,
    ...(spec.extraArguments.proxy ?? []),
  ];
  return service(programs, "proxy", `proxy ${node.name}`, args, 5_000);
}

/** On the host's end of the fabric, where it reaches the host's resolvers; pods reach it by its Service. */
export function dnsCommand(
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
): ComponentCommand {
  const args = [
    ...apiClient(spec, paths, "dns"),
    `--domain=${CLUSTER_DOMAIN}`,
    `--bind-address=${spec.network.gateway}`,
    `--port=${DNS_PORT}`,
    `--metrics-port=${DNS_METRICS_PORT}`,
    ...(spec.extraArguments.dns ?? []),
  ];
  return service(programs, "dns", "dns", args, 5_000);
}

export function natsCommand(spec: ClusterSpec, paths: ClusterPaths): ComponentCommand | undefined {
  if (spec.natsServer === undefined) return undefined;
  return {
    name: "nats",
    program: spec.natsServer,
    args: ["-c", join(paths.state, "nats.conf")],
    stopTimeoutMs: 5_000,
  };
}
