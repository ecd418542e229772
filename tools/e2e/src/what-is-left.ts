/** What a cluster has on this machine: looked at while it is up, and again after `down`. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface Footprint {
  readonly name: string;
  readonly bridge: string;
  readonly fabric: string;
  /** The network and mount namespaces of its nodes, as `net:[4026532281]`. */
  readonly namespaces: ReadonlySet<string>;
}

export function footprintOf(name: string): Footprint {
  const { network } = JSON.parse(readFileSync(`/var/lib/kubets/${name}/cluster.json`, "utf8")) as {
    readonly network: { readonly bridge: string; readonly fabricCidr: string };
  };
  const records = JSON.parse(readFileSync(`/run/kubets/${name}/processes.json`, "utf8")) as {
    readonly name: string;
    readonly pid: number;
  }[];
  const namespaces = records
    .filter((record) => record.name.startsWith("node "))
    .flatMap(({ pid }) => namespacesOf(`${pid}`));
  const fabric = network.fabricCidr.replace(/0\/24$/, "");
  return { name, bridge: network.bridge, fabric, namespaces: new Set(namespaces) };
}

/** Everything that is still there of the cluster; after `down` the list is empty. */
export function whatIsLeft({ name, bridge, fabric, namespaces }: Footprint): string[] {
  const mine = (what: string, text: string, ...marks: string[]) =>
    text
      .split("\n")
      .filter((line) => marks.some((mark) => line.includes(mark)))
      .map((line) => `${what}: ${line}`);
  const ask = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8" });
  const place = bridge.slice("kubets-".length);
  return [
    ...[`/var/lib/kubets/${name}`, `/run/kubets/${name}`, ...cgroupsOf(name)]
      .filter((path) => existsSync(path))
      .map((path) => `folder: ${path}`),
    ...readdirSync("/sys/class/net")
      .filter((link) => link === bridge || link.startsWith(`kbt${place}-`))
      .map((link) => `interface: ${link}`),
    ...mine("mount", readFileSync("/proc/mounts", "utf8"), `kubets/${name}/`),
    ...mine("route", ask("ip", "route", "show"), `via ${fabric}`, `dev ${bridge} `),
    ...mine("nft", ask("nft", "list", "tables"), `ip ${bridge.replaceAll("-", "_")}`),
    ...mine("iptables", ask("iptables", "-w", "-S", "FORWARD"), `${bridge} `),
    ...mine(
      "process",
      ask("ps", "-eo", "args"),
      `kubets/${name}/`,
      `supervise --name ${name}`,
      `guard --name ${name}`,
    ),
    ...readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .filter((pid) => namespacesOf(pid).some((each) => namespaces.has(each)))
      .map((pid) => `process in a namespace of a node: ${pid}`),
  ];
}

/** The group of its containers, in every hierarchy. */
function cgroupsOf(name: string): string[] {
  const mount = "/sys/fs/cgroup";
  const hierarchies = existsSync(join(mount, "cgroup.controllers"))
    ? [mount]
    : readdirSync(mount).map((each) => join(mount, each));
  return hierarchies.map((each) => join(each, "kubets", name));
}

function namespacesOf(pid: string): string[] {
  return ["net", "mnt"].flatMap((kind) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/${kind}`)];
    } catch {
      // The process ended while we looked.
      return [];
    }
  });
}
