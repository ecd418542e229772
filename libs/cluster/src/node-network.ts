/**
 * The network of a node that is a container of its own: what its kernel must do for pods, and what changes under it
 * while it runs.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { type Clock, type Logger, sleep } from "@kubets/service";
import { runSteps, type Step } from "./fabric.ts";

export interface OwnAddress {
  readonly address: string;
  readonly device: string;
}

export interface NodeNetworkOptions {
  readonly podCidr: string;
  /** The nodes' network spans podCidr: whoever is on it asks for a pod's address there, and its node answers. */
  readonly podsOnLink: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOOK_MS = 2_000;
/** The bridge that the kubelet's network configuration names. */
const POD_BRIDGE = "cni0";
/** Any number that nobody else uses in the node's own namespace. */
const POD_TABLE = "80";

const step = (line: string): Step => {
  const [program = "", ...args] = line.split(" ");
  return { program, args };
};

/** The first address that others reach; undefined while the network is away. */
export function ownAddress(interfaces = networkInterfaces()): OwnAddress | undefined {
  for (const [device, entries] of Object.entries(interfaces)) {
    // The bridge of the pods has an address, too.
    const found = entries?.find(({ family, internal }) => family === "IPv4" && !internal);
    if (found !== undefined && device !== POD_BRIDGE) return { address: found.address, device };
  }
  return undefined;
}

/** What a machine's own set-up would have done: forwarding, address translation for what leaves. */
export async function prepareNodeNetwork(options: NodeNetworkOptions): Promise<void> {
  const { podCidr, podsOnLink, logger } = options;
  const rules = [
    "table ip kubets_node {}",
    "delete table ip kubets_node",
    "table ip kubets_node {",
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat; policy accept;",
    `    ip saddr ${podCidr} ip daddr != ${podCidr} masquerade;`,
    "  }",
    "}",
    "",
  ].join("\n");
  await runSteps([
    step("sysctl -qw net.ipv4.ip_forward=1"),
    { program: "nft", args: ["-f", "-"], input: rules },
  ]);
  if (podsOnLink) {
    const rule = `to ${podCidr} lookup ${POD_TABLE}`;
    // It may be there from the time before a restart.
    await runSteps([step(`ip rule del ${rule}`)], true);
    await runSteps([step(`ip rule add ${rule}`)]);
  }
  // Built in on some kernels, a module on others, and not ours to load in a container.
  const failures = await runSteps([step("sysctl -qw net.bridge.bridge-nf-call-iptables=1")], true);
  for (const error of failures) {
    logger.warn("pods of this node may not reach each other through a Service", { error });
  }
}

/** Follows the network until the signal, or until the node has another address than `address`, which it returns. */
export async function followNodeNetwork(
  address: string,
  { podsOnLink, clock, logger }: NodeNetworkOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  while (!signal.aborted) {
    const own = ownAddress();
    // A network that is away for a while is no change.
    if (own !== undefined && own.address !== address) return own.address;
    if (podsOnLink) {
      try {
        if (own !== undefined) answerForPods(own.device);
        await runSteps(stepsToSetApart(readFileSync("/proc/net/route", "utf8")));
      } catch (error) {
        logger.warn("this node's pods may not be reached", { error });
      }
    }
    await sleep(clock, LOOK_MS, signal).catch(() => {
      // The signal ended the wait.
    });
  }
  return undefined;
}

/** For addresses behind another device of this node, which are its own pods. A device that came back forgot it. */
function answerForPods(device: string): void {
  const settings = [
    [`/proc/sys/net/ipv4/conf/${device}/proxy_arp`, "1"],
    // The kernel waits up to 0.8 s otherwise.
    [`/proc/sys/net/ipv4/neigh/${device}/proxy_delay`, "0"],
  ] as const;
  for (const [file, value] of settings) {
    if (existsSync(file) && readFileSync(file, "utf8").trim() !== value) writeFileSync(file, value);
  }
}

/**
 * Moves the pods' own routes to their table. In the main one they would keep the engine from connecting this container
 * to its network again: it refuses a network that spans a route which is there.
 */
export function stepsToSetApart(mainTable: string): Step[] {
  return mainTable
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([device, , gateway]) => device === POD_BRIDGE && gateway === "00000000")
    .flatMap(([, destination = "", , , , , , mask = ""]) => {
      const route = `${dotted(destination)}/${prefixLength(mask)} dev ${POD_BRIDGE}`;
      return [
        step(`ip route replace ${route} table ${POD_TABLE}`),
        step(`ip route del ${route} table main`),
      ];
    });
}

/** The kernel writes addresses as hexadecimal numbers in the machine's order of bytes. */
const bytesOf = (hex: string) => [...Buffer.from(hex, "hex").reverse()];
const dotted = (hex: string) => bytesOf(hex).join(".");
const prefixLength = (hex: string) =>
  bytesOf(hex)
    .map((byte) => byte.toString(2).replaceAll("0", "").length)
    .reduce((sum, bits) => sum + bits, 0);
