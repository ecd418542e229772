/**
 * What a cluster on this machine is made of, decided once when it comes up and kept in its state folder: every later
 * command reads it from there.
 */
export type RuntimeKind = "containerd" | "simulated";

/** Extra command line arguments by component, as `--apiserver-arg=--flag=value` and the like pass them. */
export interface ExtraArguments {
  readonly apiserver: readonly string[];
  readonly scheduler: readonly string[];
  readonly "controller-manager": readonly string[];
  readonly kubelet: readonly string[];
  /** Absent in clusters that are older than their proxy and DNS. */
  readonly proxy?: readonly string[];
  readonly dns?: readonly string[];
}

export const noExtraArguments: ExtraArguments = {
  apiserver: [],
  scheduler: [],
  "controller-manager": [],
  kubelet: [],
  proxy: [],
  dns: [],
};

/** How many processes of a component run side by side; absent: one. */
export interface Replicas {
  readonly apiserver?: number;
  readonly scheduler?: number;
  readonly "controller-manager"?: number;
}

/** The components that run any number of times: clients of the apiserver take turns, of the others one leads. */
export const REPLICATED = ["apiserver", "scheduler", "controller-manager"] as const;
export type Replicated = (typeof REPLICATED)[number];

/** As many addresses as the host has on a cluster's fabric below those of nodes, the balancer's left out. */
export const REPLICAS_MAX = 8;

/** What a node registers itself with. */
export interface NodeSettings {
  readonly labels?: Readonly<Record<string, string>>;
  /** `key=value:effect` each. */
  readonly taints?: readonly string[];
}

export interface NodeSpec extends NodeSettings {
  readonly name: string;
  /** The node's address on the fabric; 127.0.0.1 for a simulated node. */
  readonly address: string;
  /** The kubelet's port; absent: 10250. Simulated nodes share one address and have a port each. */
  readonly kubeletPort?: number;
}

export interface ClusterSpec {
  readonly name: string;
  readonly runtime: RuntimeKind;
  /** Its place in the machine's pool of networks: 0 to 15, unique while the cluster exists. */
  readonly index: number;
  readonly network: ClusterNetwork;
  readonly nodes: readonly NodeSpec[];
  readonly apiserverPort: number;
  readonly grpcPort: number;
  readonly natsPort: number;
  /** An external Postgres; absent: the embedded one. */
  readonly databaseUrl?: string;
  /** The nats-server program; absent: the cluster runs without a bus. */
  readonly natsServer?: string;
  /** `docker.io=http://10.200.0.1:5000` as pairs: where nodes look first for a registry's images. */
  readonly registryMirrors: readonly { readonly host: string; readonly url: string }[];
  readonly extraArguments: ExtraArguments;
  readonly replicas?: Replicas;
}

export const replicasOf = ({ replicas }: Pick<ClusterSpec, "replicas">, component: Replicated) =>
  replicas?.[component] ?? 1;

/** The host's address with this number on the fabric; 0 is the gateway. A simulated cluster has loopback's. */
export function hostAddress({ gateway }: Pick<ClusterNetwork, "gateway">, number: number): string {
  if (!Number.isInteger(number) || number < 0 || number > REPLICAS_MAX) {
    throw new RangeError(`a host has the addresses 0 to ${REPLICAS_MAX}, not ${number}`);
  }
  return gateway.replace(/\.1$/, `.${1 + number}`);
}

/**
 * Where each replica of a component listens. One apiserver is the cluster's address itself; several stand behind a
 * balancer that is.
 */
export function replicaAddresses(
  spec: Pick<ClusterSpec, "network" | "replicas">,
  component: Replicated,
): string[] {
  const count = replicasOf(spec, component);
  const first = component === "apiserver" && count > 1 ? 1 : 0;
  return Array.from({ length: count }, (_, index) => hostAddress(spec.network, first + index));
}

/** The host's addresses beside the gateway that the cluster's components listen on. */
export function extraHostAddresses(spec: Pick<ClusterSpec, "network" | "replicas">): string[] {
  const all = REPLICATED.flatMap((component) => replicaAddresses(spec, component));
  return [...new Set(all)].filter((address) => address !== spec.network.gateway).sort();
}

export interface ClusterNetwork {
  /** The bridge in the host's namespace; empty for a simulated cluster. */
  readonly bridge: string;
  /** The host's address on the fabric, where the apiserver listens. */
  readonly gateway: string;
  readonly fabricCidr: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** The cluster DNS Service's address, as upstream places it: the tenth of the service range. */
  readonly dnsAddress: string;
}

/** How many clusters fit side by side on one machine. */
export const CLUSTERS_MAX = 16;

const NAME_PATTERN = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/** Throws a text for the user when the name cannot be part of host names and paths. */
export function checkClusterName(name: string): void {
  if (!NAME_PATTERN.test(name)) {
    throw new Error(
      `cluster name "${name}" must be 1 to 32 lower case letters, digits or dashes, and begin and end with a letter or digit`,
    );
  }
}

const TAINT = /^[A-Za-z0-9][\w./-]*(=[\w.-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/;

/** `key=value:effect`, as kubectl and the kubelet take it; the value may be missing. */
export const isTaint = (text: string) => TAINT.test(text);

/** The networks of the cluster with this place in the pool; the first one has upstream's usual pod range. */
export function networkAt(index: number, runtime: RuntimeKind): ClusterNetwork {
  if (!Number.isInteger(index) || index < 0 || index >= CLUSTERS_MAX) {
    throw new RangeError(`a cluster's place is 0 to ${CLUSTERS_MAX - 1}, not ${index}`);
  }
  const simulated = runtime === "simulated";
  return {
    bridge: simulated ? "" : `kubets-${index}`,
    gateway: simulated ? "127.0.0.1" : `10.200.${index}.1`,
    fabricCidr: `10.200.${index}.0/24`,
    podCidr: `10.${244 - index}.0.0/16`,
    serviceCidr: "10.96.0.0/16",
    dnsAddress: "10.96.0.10",
  };
}

/** Node names and addresses: NAME-node-1, .11; NAME-node-2, .12; … */
function nodeAt(
  clusterName: string,
  number: number,
  network: ClusterNetwork,
  settings: NodeSettings,
): NodeSpec {
  return {
    name: `${clusterName}-node-${number}`,
    address:
      network.bridge === "" ? "127.0.0.1" : network.gateway.replace(/\.1$/, `.${10 + number}`),
    ...settings,
  };
}

/** The cluster's nodes and as many more as `settings` has entries, in the first numbers that are free. */
export function withMoreNodes(
  spec: Pick<ClusterSpec, "name" | "network" | "nodes" | "apiserverPort">,
  settings: readonly NodeSettings[],
): NodeSpec[] {
  const taken = new Set(spec.nodes.map((node) => node.name));
  const nodes = [...spec.nodes];
  for (let number = 1; nodes.length < spec.nodes.length + settings.length; number++) {
    const node = nodeAt(
      spec.name,
      number,
      spec.network,
      settings[nodes.length - spec.nodes.length] ?? {},
    );
    if (taken.has(node.name)) continue;
    const isSimulated = spec.network.bridge === "";
    nodes.push(
      isSimulated
        ? { ...node, kubeletPort: spec.apiserverPort + FIRST_KUBELET_PORT + number - 1 }
        : node,
    );
  }
  return nodes;
}

/** The ports of a simulated cluster count from the apiserver's: gRPC, scheduler, …, then one for each kubelet. */
const FIRST_KUBELET_PORT = 10;
export const SIMULATED_PORTS = FIRST_KUBELET_PORT + 100;
