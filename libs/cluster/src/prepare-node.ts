/**
 * A node that is a container (or a machine) of its own, before it runs: its name, its certificates, the files of its
 * containerd, and the commands of all its programs. What `up` does with namespaces, deploy/compose does with this.
 */

import { resolvePtr } from "node:dns/promises";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { createGrpcClient } from "@kubets/client";
import { readHostFacts } from "@kubets/cri";
import { createLogger, systemClock } from "@kubets/service";
import { networkAt } from "./cluster-spec.ts";
import { runCommand } from "./command.ts";
import { prepareContainerd, writeContainerdFiles } from "./containerd-node.ts";
import { ownAddress } from "./node-network.ts";
import type { NodePlan } from "./node-plan.ts";
import { keepNodeRoutes } from "./node-routes.ts";
import type { NodePaths } from "./paths.ts";
import {
  CA_FILE,
  keepAuthority,
  keepCertificate,
  nodeCertificateRequests,
  proxyCertificateRequest,
} from "./pki.ts";
import { bundleOf } from "./supervise.ts";

export interface PrepareNodeOptions {
  /** The node's name; absent: the host's. */
  readonly name?: string;
  /** gRPC addresses of the apiservers. */
  readonly servers: readonly string[];
  /** Holds ca.crt and ca.key, with which the node makes its certificates. Let go of as soon as that is done. */
  readonly authority: string;
  readonly podCidr: string;
  /** The nodes' network spans podCidr: whoever is on it asks for a pod's address there, and its node answers. */
  readonly podsOnLink: boolean;
  readonly clusterDns: readonly string[];
  readonly registryMirrors: readonly { readonly host: string; readonly url: string }[];
  readonly kubeletArguments: readonly string[];
  /** Where everything of the node lies. */
  readonly stateFolder: string;
}

/** To every other node's pods, where the nodes' network does not lead there by itself. */
export interface RunRoutesOptions {
  readonly servers: readonly string[];
  readonly pki: string;
  readonly nodeName: string;
  readonly signal: AbortSignal;
}

const CONTAINERD_TIMEOUT_MS = 30_000;
const CGROUP = "/kubets-node";

export async function prepareNode(options: PrepareNodeOptions): Promise<NodePlan> {
  const { address } = ownAddress() ?? fail("this node has no IPv4 address");
  const name = (options.name ?? (await nameOnNetwork(address))).toLowerCase();
  const pki = join(options.stateFolder, "pki");
  const paths = nodePaths(options.stateFolder);
  await prepareIdentity(options, pki, name, address);
  leaveRootCgroup();
  await runCommand("mount", ["--make-rshared", "/"]);
  const facts = await readHostFacts();
  const network = { ...networkAt(0, "containerd"), gateway: address, podCidr: options.podCidr };
  const spec = { network, nodes: [{ name, address }], registryMirrors: options.registryMirrors };
  // Docker keeps this file: the node's own name is in it already.
  writeContainerdFiles(spec, paths, facts);
  mkdirSync(paths.kubeletRoot, { recursive: true, mode: 0o755 });

  const node = process.execPath;
  const api = (identity: string) => [
    ...options.servers.map((server) => `--server=${server}`),
    `--certificate-authority=${join(pki, "ca.crt")}`,
    `--client-certificate=${join(pki, `${identity}.crt`)}`,
    `--client-key=${join(pki, `${identity}.key`)}`,
    `--hostname-override=${name}`,
  ];
  const kubelet = [
    bundleOf("kubelet"),
    ...api(`kubelet-${name}`),
    `--node-ip=${address}`,
    `--root-dir=${paths.kubeletRoot}`,
    `--client-ca-file=${join(pki, "ca.crt")}`,
    `--tls-cert-file=${join(pki, `kubelet-${name}-serving.crt`)}`,
    `--tls-private-key-file=${join(pki, `kubelet-${name}-serving.key`)}`,
    `--container-runtime-endpoint=unix://${paths.containerdSocket}`,
    `--cgroup-root=${CGROUP}`,
    `--cni-conf-dir=${paths.cniConfig}`,
    ...options.clusterDns.map((dns) => `--cluster-dns=${dns}`),
    ...options.kubeletArguments,
  ];
  const proxy = [
    bundleOf("proxy"),
    ...api("proxy"),
    `--cluster-cidr=${options.podCidr}`,
    "--metrics-bind-address=0.0.0.0:10249",
  ];
  const routes = [
    bundleOf("kubets"),
    "keep-routes",
    ...options.servers.map((server) => `--server=${server}`),
    `--pki=${pki}`,
    `--name=${name}`,
  ];
  return {
    node: name,
    address,
    podCidr: options.podCidr,
    podsOnLink: options.podsOnLink,
    cgroup: CGROUP,
    containerd: {
      name: "containerd",
      program: facts.containerd?.path ?? "containerd",
      args: ["--config", paths.containerdConfig],
    },
    containerdReady: {
      program: node,
      args: [bundleOf("kubets"), "prepare-containerd", `--state=${options.stateFolder}`],
    },
    programs: [
      { name: "kubelet", program: node, args: kubelet },
      ...(existsSync(bundleOf("proxy")) ? [{ name: "proxy", program: node, args: proxy }] : []),
      ...(options.podsOnLink ? [] : [{ name: "routes", program: node, args: routes }]),
    ],
  };
}

/** Resolves when the node's containerd answers and holds the image of every sandbox. */
export async function prepareNodeContainerd(stateFolder: string): Promise<void> {
  const facts = await readHostFacts();
  const { signal } = new AbortController();
  const paths = nodePaths(stateFolder);
  await prepareContainerd(paths, facts, systemClock, CONTAINERD_TIMEOUT_MS, signal);
}

/** Resolves when the signal has ended it. */
export async function runRoutes(options: RunRoutesOptions): Promise<void> {
  const { servers, pki, nodeName, signal } = options;
  const logger = createLogger({
    name: "routes",
    verbosity: 0,
    destination: { write: (line) => process.stderr.write(line) },
  });
  const read = (file: string) => readFileSync(join(pki, file));
  const tls = { ca: read("ca.crt"), cert: read("proxy.crt"), key: read("proxy.key") };
  const client = createGrpcClient({ address: servers, tls, clock: systemClock });
  const end = keepNodeRoutes({ client, nodeName, clock: systemClock, logger });
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  await end();
  await client.close();
}

function nodePaths(state: string): NodePaths {
  const run = "/run/kubets-node";
  return {
    state,
    run,
    containerdRoot: join(state, "containerd"),
    containerdState: join(run, "containerd"),
    containerdSocket: join(run, "containerd.sock"),
    containerdConfig: join(state, "containerd.toml"),
    cniConfig: join(state, "cni"),
    registryConfig: join(state, "registries"),
    kubeletRoot: join(state, "kubelet"),
    hosts: join(state, "hosts"),
    resolvConf: undefined,
  };
}

/** The node's certificates for its address of today; then the authority is out of the container's reach. */
async function prepareIdentity(
  { authority, stateFolder }: PrepareNodeOptions,
  pki: string,
  name: string,
  address: string,
): Promise<void> {
  if (existsSync(join(authority, `${CA_FILE}.key`))) {
    rmSync(pki, { recursive: true, force: true });
    mkdirSync(pki, { recursive: true, mode: 0o700 });
    const ca = await keepAuthority(join(authority, CA_FILE), "kubernetes", systemClock);
    writeFileSync(join(pki, "ca.crt"), ca.certificate);
    const requests = [...nodeCertificateRequests({ name, address }), proxyCertificateRequest];
    for (const request of requests) await keepCertificate(pki, ca, request, systemClock);
    await runCommand("umount", [authority]);
  }
  if (!existsSync(join(pki, "ca.crt"))) {
    throw new Error(`no certificates in ${stateFolder}, and no authority in ${authority}`);
  }
}

const UNIFIED = "/sys/fs/cgroup";

/** In cgroup version 2 a group that has processes cannot have controllers for its children. */
function leaveRootCgroup(): void {
  if (!existsSync(join(UNIFIED, "cgroup.controllers"))) return;
  const own = join(UNIFIED, "kubets-init");
  mkdirSync(own, { recursive: true });
  const pids = readFileSync(join(UNIFIED, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
  for (const pid of pids) {
    try {
      writeFileSync(join(own, "cgroup.procs"), pid);
    } catch (error) {
      // It ended meanwhile.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
  const controllers = readFileSync(join(UNIFIED, "cgroup.controllers"), "utf8").trim().split(" ");
  const all = controllers.map((controller) => `+${controller}`).join(" ");
  writeFileSync(join(UNIFIED, "cgroup.subtree_control"), all);
}

function fail(message: string): never {
  throw new Error(message);
}

/** Compose names its containers PROJECT_node_2: the node is "node-2" then, and keeps that name when it is made again. */
async function nameOnNetwork(address: string): Promise<string> {
  // Asked of the DNS server: the hosts file knows only the container's id.
  const question = `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  const names = await resolvePtr(question).catch((): string[] => []);
  return nodeNameOf(names) ?? hostname();
}

/** "node-2" of "kubets_node_2.kubets_default", as compose 1 writes it, or of "kubets-node-2", as 2 does. */
export function nodeNameOf(names: readonly string[]): string | undefined {
  for (const name of names) {
    const [, service, number] = /(?:^|[-_])([a-z]+)[-_](\d+)(?:\.|$)/.exec(name) ?? [];
    if (service !== undefined && number !== undefined) return `${service}-${number}`;
  }
  return undefined;
}
