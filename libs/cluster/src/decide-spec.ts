/** What a cluster is to be made of: as it is on disk, with what may change in it, or anew in a free place of the pool. */
import type { NetworkingConfig } from "./cluster-config.ts";
import {
  type ClusterNetwork,
  type ClusterSpec,
  networkAt,
  REPLICATED,
  replicasOf,
  SIMULATED_PORTS,
  withMoreNodes,
} from "./cluster-spec.ts";
import { runCommand } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { chooseRuntime, type Machine } from "./machine.ts";
import type { Progress } from "./progress.ts";
import {
  type BaseFolders,
  freeIndex,
  freePorts,
  listClusters,
  readSpec,
  withMachineLock,
  writeSpec,
} from "./spec-store.ts";
import type { UpOptions } from "./up.ts";

interface SpecFound {
  readonly spec: ClusterSpec;
  /** As it was on disk; undefined for a new cluster. */
  readonly known: ClusterSpec | undefined;
}

/** The spec on disk, so that a stopped cluster comes back as it was; or a new one in a free place of the pool. */
export function decideSpec(
  options: UpOptions,
  { clock, progress }: CommandContext,
  base: BaseFolders,
  machine: Machine,
  isRunning: boolean,
): Promise<SpecFound> {
  return withMachineLock(base, clock, async () => {
    const existing = readSpec(base, options.name);
    if (existing !== undefined) {
      const spec = withWantedNodes(
        withWantedReplicas(existing, options, isRunning),
        options,
        progress,
      );
      if (spec !== existing) writeSpec(base, spec);
      return { spec, known: existing };
    }
    const { runtime, note } = chooseRuntime(machine.missingForContainers, options.runtime);
    if (note !== "") progress.note(note);
    const routes = runtime === "containerd" ? await runCommand("ip", ["-4", "route"]) : "";
    const index = freeIndex(listClusters(base), (place) => {
      const network = withNetworking(networkAt(place, runtime), options.networking);
      return ![network.podCidr, network.fabricCidr].some((cidr) => routes.includes(prefixOf(cidr)));
    });
    const network = withNetworking(networkAt(index, runtime), options.networking);
    const isSimulated = runtime === "simulated";
    const wantedPort = options.networking?.apiServerPort ?? 6443;
    // The fabric's address is the cluster's own, so its ports are free by nature.
    const others = listClusters(base).filter((other) => other.runtime === "simulated");
    const apiserverPort = isSimulated
      ? await freePorts(
          "127.0.0.1",
          wantedPort,
          SIMULATED_PORTS,
          others.map((other) => other.apiserverPort),
        )
      : wantedPort;
    if (options.networking?.apiServerPort !== undefined && apiserverPort !== wantedPort) {
      throw new Error(
        `networking.apiServerPort: ports from ${wantedPort} to ${wantedPort + SIMULATED_PORTS - 1} are not all free on this machine; from ${apiserverPort} they are`,
      );
    }
    const empty = {
      name: options.name,
      runtime,
      index,
      network,
      nodes: [],
      apiserverPort,
      grpcPort: apiserverPort + 3,
      natsPort: await freePorts("127.0.0.1", 4222 + index * 10, 1),
      registryMirrors: options.registryMirrors,
      extraArguments: options.extraArguments,
      ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
      ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
      ...(machine.natsServer === undefined ? {} : { natsServer: machine.natsServer }),
    };
    const spec: ClusterSpec = { ...empty, nodes: withMoreNodes(empty, options.nodes ?? [{}]) };
    writeSpec(base, spec);
    return { spec, known: undefined };
  });
}

/** A cluster that exists keeps everything but may get more nodes. */
function withWantedNodes(
  existing: ClusterSpec,
  { nodes, runtime }: UpOptions,
  progress: Progress,
): ClusterSpec {
  if (runtime !== undefined && runtime !== existing.runtime) {
    throw new Error(
      `cluster "${existing.name}" has the ${existing.runtime} runtime; remove it first, or give the new one another --name`,
    );
  }
  const more = (nodes?.length ?? 0) - existing.nodes.length;
  if (nodes !== undefined && more < 0) {
    progress.note(
      `Cluster "${existing.name}" has ${existing.nodes.length} nodes and keeps them; \`node remove\` takes one away.`,
    );
  }
  if (nodes === undefined || more <= 0) return existing;
  return { ...existing, nodes: withMoreNodes(existing, nodes.slice(existing.nodes.length)) };
}

/** What is decided once, when a cluster is made: says so where another wish was given now. */
export function keptSettings(known: ClusterSpec, options: UpOptions): string[] {
  const { databaseUrl, registryMirrors, extraArguments, networking = {} } = options;
  const network = withNetworking(known.network, networking);
  const isOther = (wanted: unknown, has: unknown) => JSON.stringify(wanted) !== JSON.stringify(has);
  const others = [
    ...(databaseUrl !== undefined && databaseUrl !== known.databaseUrl ? ["its database"] : []),
    ...(registryMirrors.length > 0 && isOther(registryMirrors, known.registryMirrors)
      ? ["its registry mirrors"]
      : []),
    ...(isOther(network, known.network) ||
    (networking.apiServerPort ?? known.apiserverPort) !== known.apiserverPort
      ? ["its networks"]
      : []),
    ...Object.entries(extraArguments)
      .filter(([component, wanted]) => {
        const has = Object.entries(known.extraArguments).find(([name]) => name === component);
        return wanted.length > 0 && isOther(wanted, has?.[1]);
      })
      .map(([component]) => `the flags of its ${component}`),
  ];
  if (others.length === 0) return [];
  return [
    `Cluster "${known.name}" keeps ${others.join(", ")} as they were made; \`down\` and \`up\` make another.`,
  ];
}

/** More or fewer replicas move the cluster's address between an apiserver and the balancer: not under its clients. */
function withWantedReplicas(
  existing: ClusterSpec,
  { replicas }: UpOptions,
  isRunning: boolean,
): ClusterSpec {
  const wanted = { ...existing, replicas: { ...existing.replicas, ...replicas } };
  const changed = REPLICATED.filter(
    (component) => replicasOf(wanted, component) !== replicasOf(existing, component),
  );
  if (changed.length === 0) return existing;
  if (isRunning) {
    const has = changed.map((component) => `${replicasOf(existing, component)} ${component}`);
    throw new Error(
      `cluster "${existing.name}" runs with ${has.join(", ")}; \`stop\` it first, then \`up\` with the new number`,
    );
  }
  return wanted;
}

function withNetworking(network: ClusterNetwork, wanted: NetworkingConfig = {}): ClusterNetwork {
  const serviceCidr = wanted.serviceSubnet ?? network.serviceCidr;
  return {
    ...network,
    podCidr: wanted.podSubnet ?? network.podCidr,
    serviceCidr,
    dnsAddress: serviceCidr.replace(/\.0\/\d+$/, ".10"),
  };
}

/** "10.244." of "10.244.0.0/16": what a route inside that range begins with. */
function prefixOf(cidr: string): string {
  const [address = "", bits = "32"] = cidr.split("/");
  return `${address
    .split(".")
    .slice(0, Number(bits) / 8)
    .join(".")}.`;
}
