/**
 * A node made of network namespaces: one for the node, one for each pod and one for somebody outside, each with an
 * agent in it. Everything is gone with `close`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const AGENT = fileURLToPath(new URL("agent.ts", import.meta.url));
export const AGENT_PORT = 8080;
export const NODE_ADDRESS = "192.168.77.1";

/** Why such a scene cannot be made here, or undefined when it can. */
export function sceneObstacle(): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "this needs root";
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  const missing = ["nft", "ip", "conntrack"].filter(
    (program) => !folders.some((folder) => existsSync(`${folder}/${program}`)),
  );
  if (missing.length > 0) return `this machine lacks ${missing.join(", ")}`;
  try {
    execFileSync("ip", ["netns", "add", "kubets-probe"], { stdio: "pipe" });
    execFileSync("ip", ["netns", "del", "kubets-probe"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "network namespaces are not allowed here";
  }
}

export interface Agent {
  readonly name: string;
  readonly address: string;
  ask(question: string): Promise<string>;
}

export interface NodeScene {
  readonly enter: readonly string[];
  readonly node: Agent;
  readonly outside: Agent;
  readonly pods: readonly Agent[];
  close(): void;
}

export async function openNodeScene(podCount: number): Promise<NodeScene> {
  const prefix = `kbt${process.pid}`;
  const processes: ChildProcess[] = [];
  const namespaces: string[] = [];
  const ip = (line: string) => execFileSync("ip", line.split(" "), { stdio: "pipe" });
  const space = (name: string) => {
    const full = `${prefix}-${name}`;
    ip(`netns add ${full}`);
    namespaces.push(full);
    ip(`-n ${full} link set lo up`);
    return full;
  };
  const agent = async (name: string, namespace: string, address: string): Promise<Agent> => {
    const command = ["netns", "exec", namespace, process.execPath, AGENT];
    const child = spawn("ip", [...command, name, String(AGENT_PORT)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    processes.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the agent ${name} has ended`);
      return value;
    };
    await line();
    return {
      name,
      address,
      async ask(question) {
        child.stdin.write(`${question}\n`);
        return line();
      },
    };
  };
  const node = space("node");
  /** A namespace on a wire of its own, reached by a route. */
  const wired = (name: string, address: string, gateway: string) => {
    const namespace = space(name);
    ip(`link add ${name} netns ${node} type veth peer name eth0 netns ${namespace}`);
    ip(`-n ${node} addr add ${gateway}/32 dev ${name}`);
    ip(`-n ${node} link set ${name} up`);
    ip(`-n ${node} route add ${address}/32 dev ${name}`);
    ip(`-n ${namespace} addr add ${address}/32 dev eth0`);
    ip(`-n ${namespace} link set eth0 up`);
    ip(`-n ${namespace} route add ${gateway}/32 dev eth0`);
    ip(`-n ${namespace} route add default via ${gateway}`);
    return agent(name, namespace, address);
  };
  const close = () => {
    for (const child of processes) child.kill("SIGKILL");
    for (const name of namespaces) ip(`netns del ${name}`);
  };
  try {
    const outside = wired("outside", "192.168.77.2", NODE_ADDRESS);
    const pods = Array.from({ length: podCount }, (_, index) =>
      wired(`pod${index + 1}`, `10.244.0.${index + 2}`, "10.244.0.1"),
    );
    // A way for addresses that nobody has: without one they would be unreachable before any rule is asked.
    const world = space("world");
    ip(`link add uplink netns ${node} type veth peer name eth0 netns ${world}`);
    ip(`-n ${node} link set uplink up`);
    ip(`-n ${world} link set eth0 up`);
    ip(`-n ${node} route add default dev uplink`);
    execFileSync("ip", ["netns", "exec", node, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    return {
      enter: ["ip", "netns", "exec", node],
      node: await agent("node", node, NODE_ADDRESS),
      outside: await outside,
      pods: await Promise.all(pods),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
