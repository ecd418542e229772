/**
 * The cluster's network on this machine: one bridge in the host's namespace, one veth pair per node, routes to each
 * node's pods, and address translation for what leaves the machine. Commands are values first, so that they can be
 * read, tested and undone.
 */
import type { ClusterNetwork, NodeSpec } from "./cluster-spec.ts";
import { CommandError, runCommand } from "./command.ts";

export interface Step {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string;
}

const step = (program: string, line: string): Step => ({ program, args: line.split(" ") });

/** The nft table's name, one for each cluster. */
const tableOf = (network: ClusterNetwork) => network.bridge.replaceAll("-", "_");

/** Lets pods and nodes reach the world, and the world's answers come back; nothing else is touched. */
function translationRules(network: ClusterNetwork): string {
  const table = tableOf(network);
  return [
    `table ip ${table} {}`,
    `delete table ip ${table}`,
    `table ip ${table} {`,
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat; policy accept;",
    `    ip saddr { ${network.fabricCidr}, ${network.podCidr} } ip daddr != { ${network.fabricCidr}, ${network.podCidr} } oifname != "${network.bridge}" masquerade;`,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The host's side: bridge, addresses, forwarding, translation. */
export function fabricUp(network: ClusterNetwork, moreAddresses: readonly string[] = []): Step[] {
  return [
    step("ip", `link add ${network.bridge} type bridge`),
    ...[network.gateway, ...moreAddresses].map((address) =>
      step("ip", `addr add ${address}/24 dev ${network.bridge}`),
    ),
    step("ip", `link set ${network.bridge} up`),
    step("sysctl", "-qw net.ipv4.ip_forward=1"),
    { program: "nft", args: ["-f", "-"], input: translationRules(network) },
  ];
}

/** A firewall that drops forwarded packets by default (Docker's does) would cut the pods off. */
export function forwardRules(network: ClusterNetwork, action: "-I" | "-D"): Step[] {
  return [
    step("iptables", `-w ${action} FORWARD -i ${network.bridge} -j ACCEPT`),
    step("iptables", `-w ${action} FORWARD -o ${network.bridge} -j ACCEPT`),
  ];
}

export function fabricDown(network: ClusterNetwork): Step[] {
  return [
    step("nft", `delete table ip ${tableOf(network)}`),
    step("ip", `link del ${network.bridge}`),
  ];
}

/** The host's end of a node's veth: at most 15 characters, unique on the machine. */
export function hostInterface(network: ClusterNetwork, node: NodeSpec): string {
  return `kbt${network.bridge.slice("kubets-".length)}-${node.address.split(".")[3] ?? ""}`;
}

/** Joins the network namespace of process `pid` to the fabric as `eth0`. */
export function nodeUp(network: ClusterNetwork, node: NodeSpec, pid: number): Step[] {
  const outside = hostInterface(network, node);
  const inside = (line: string): Step => step("nsenter", `-t ${pid} -n ${line}`);
  return [
    step("ip", `link add ${outside} type veth peer name eth0 netns ${pid}`),
    step("ip", `link set ${outside} master ${network.bridge} up`),
    inside("ip link set lo up"),
    inside(`ip addr add ${node.address}/24 dev eth0`),
    inside("ip link set eth0 up"),
    inside(`ip route add default via ${network.gateway}`),
    inside("sysctl -qw net.ipv4.ip_forward=1"),
  ];
}

/**
 * Lets the rules of Services see the packets between two pods of one node, which only cross its bridge: without it the
 * answers keep an address that the asking pod does not know. May fail where the kernel has it built in or not at all.
 */
export function bridgeFilter(pid: number): Step[] {
  return [
    step("modprobe", "br_netfilter"),
    step("nsenter", `-t ${pid} -n sysctl -qw net.bridge.bridge-nf-call-iptables=1`),
  ];
}

/** The host's and every other node's way to this node's pods. */
export function podRoute(podCidr: string, node: NodeSpec, inNamespaceOf?: number): Step {
  const line = `ip route replace ${podCidr} via ${node.address}`;
  return inNamespaceOf === undefined
    ? step("ip", line.slice(3))
    : step("nsenter", `-t ${inNamespaceOf} -n ${line}`);
}

/** Undoes every podRoute to this node, on the host and in the namespaces of these processes. */
export function dropPodRoutes(node: NodeSpec, namespacesOf: readonly number[]): Step[] {
  const line = `ip route flush via ${node.address}`;
  return [
    step("ip", line.slice(3)),
    ...namespacesOf.map((pid) => step("nsenter", `-t ${pid} -n ${line}`)),
  ];
}

/** Runs the steps in order; with `tolerant`, one that fails (because it was undone before) does not stop the rest. */
export async function runSteps(steps: readonly Step[], tolerant = false): Promise<CommandError[]> {
  const failures: CommandError[] = [];
  for (const { program, args, input } of steps) {
    try {
      await runCommand(program, args, input === undefined ? {} : { input });
    } catch (error) {
      if (!tolerant || !(error instanceof CommandError)) throw error;
      failures.push(error);
    }
  }
  return failures;
}
