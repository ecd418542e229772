/** `kubets doctor`: what this machine has for a cluster, what it lacks, and what to do about it. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { freemem } from "node:os";
import { dirname } from "node:path";
import { type Environment, findProgram, inspectMachine, type Machine } from "./machine.ts";
import { baseFolders } from "./paths.ts";
import { plainReason } from "./plain-message.ts";
import { listClusters } from "./spec-store.ts";

export interface Finding {
  readonly check: string;
  /** `problem`: no cluster can come up; `limit`: one can, with something less. */
  readonly result: "ok" | "limit" | "problem";
  readonly detail: string;
  readonly remedy?: string;
}

/** What is looked at, so that the judgement is a function of values. */
export interface Examined {
  readonly platform: string;
  readonly isRoot: boolean;
  readonly nodeMajor: number;
  readonly machine: Machine;
  readonly conntrack: boolean;
  readonly kernelModules: { readonly overlay: boolean; readonly bridgeFilter: boolean };
  readonly freeMemoryBytes: number;
  readonly freeDiskBytes: number;
  readonly stateFolder: string;
  /** Why nothing can be written there; undefined when it can. */
  readonly stateProblem?: string;
  readonly openFilesMax: number;
  readonly bundlesMissing: readonly string[];
  readonly clusters: number;
}

export async function examineMachine(
  environment: Environment,
  bundleOf: (app: string) => string,
): Promise<Examined> {
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const filesystems = readOr("/proc/filesystems");
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    nodeMajor: Number(process.versions.node.split(".")[0]),
    machine: await inspectMachine(environment),
    conntrack: findProgram("conntrack", environment) !== undefined,
    kernelModules: {
      overlay: filesystems.includes("\toverlay\n"),
      bridgeFilter: existsSync("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    },
    freeMemoryBytes: availableMemory(),
    freeDiskBytes: freeDisk(base.state),
    stateFolder: base.state,
    ...stateProblem(base.state),
    openFilesMax: Number(
      /^Max open files\s+\d+\s+(\d+)/m.exec(readOr("/proc/self/limits"))?.[1] ??
        Number.MAX_SAFE_INTEGER,
    ),
    bundlesMissing: APPS.filter((app) => !existsSync(bundleOf(app))),
    clusters: listClusters(base).length,
  };
}

const APPS = ["apiserver", "scheduler", "controller-manager", "kubelet", "proxy", "dns"];
const GIB = 2 ** 30;
const MEMORY_WANTED_BYTES = GIB;
const DISK_WANTED_BYTES = 2 * GIB;
const OPEN_FILES_WANTED = 4096;

/** Debian's package for each program; what has none here is its own. */
const PACKAGES: Readonly<Record<string, string>> = {
  ctr: "containerd",
  nft: "nftables",
  ip: "iproute2",
  sysctl: "procps",
  nsenter: "util-linux",
  unshare: "util-linux",
};

export function diagnose(examined: Examined): Finding[] {
  const { machine } = examined;
  const packages = [
    ...new Set(
      machine.missingForContainers
        .filter((name) => name !== "Linux" && name !== "root")
        .map((name) => PACKAGES[name] ?? name),
    ),
  ];
  const containers: Finding =
    machine.missingForContainers.length === 0
      ? {
          check: "real containers",
          result: "ok",
          detail: `containerd ${machine.facts.containerd?.version ?? ""}, runc, CNI plugins, cgroup v${machine.facts.cgroupVersion}`,
        }
      : {
          check: "real containers",
          result: "limit",
          detail: `missing: ${machine.missingForContainers.join(", ")}; pods are simulated`,
          remedy: containersRemedy(examined, packages),
        };
  return [
    atLeast(
      "Node.js",
      examined.nodeMajor,
      24,
      String,
      "use the Node that npm installed: npm run up",
    ),
    examined.bundlesMissing.length === 0
      ? { check: "services", result: "ok", detail: "built" }
      : {
          check: "services",
          result: "problem",
          detail: `not built: ${examined.bundlesMissing.join(", ")}`,
          remedy: "npm run up builds what is missing",
        },
    ...(examined.stateProblem === undefined
      ? []
      : [
          {
            check: "state folder",
            result: "problem",
            detail: `${examined.stateFolder}: ${examined.stateProblem}`,
            remedy: "let this user write there",
          } as const,
        ]),
    containers,
    ...(machine.missingForContainers.length === 0 ? kernelFindings(examined) : []),
    installed(
      "NATS",
      machine.natsServer !== undefined,
      "changes reach other apiservers by a slower way",
      "nats-server",
    ),
    installed(
      "conntrack",
      examined.conntrack,
      "UDP flows to endpoints that are gone end by their timeout",
      "conntrack",
    ),
    machine.kubectl === undefined
      ? {
          check: "kubectl",
          result: "limit",
          detail: "not on the PATH",
          remedy: "`up` fetches it, or see https://kubernetes.io/docs/tasks/tools/",
        }
      : { check: "kubectl", result: "ok", detail: machine.kubectl },
    atLeast(
      "free memory",
      examined.freeMemoryBytes,
      MEMORY_WANTED_BYTES,
      gibibytes,
      "end other programs, or remove clusters: kubets list",
    ),
    atLeast(
      `free disk at ${examined.stateFolder}`,
      examined.freeDiskBytes,
      DISK_WANTED_BYTES,
      gibibytes,
      "make room there",
    ),
    atLeast(
      "open files",
      examined.openFilesMax,
      OPEN_FILES_WANTED,
      String,
      "raise the hard limit: ulimit -Hn, /etc/security/limits.conf",
    ),
    {
      check: "clusters",
      result: examined.clusters < 16 ? "ok" : "problem",
      detail: `${examined.clusters} of 16`,
      ...(examined.clusters < 16
        ? {}
        : { remedy: "remove one: kubets list, kubets down --name NAME" }),
    },
  ];
}

function containersRemedy({ platform, isRoot }: Examined, packages: readonly string[]): string {
  if (platform !== "linux") return "run it on Linux, or in a Linux virtual machine";
  const install = packages.length === 0 ? "" : `apt-get install ${packages.join(" ")}`;
  const root = isRoot ? "" : "run it as root";
  return [install, root].filter(Boolean).join(", then ");
}

function kernelFindings({ kernelModules, machine }: Examined): Finding[] {
  return [
    kernelModules.overlay
      ? { check: "overlayfs", result: "ok", detail: "in the kernel" }
      : {
          check: "overlayfs",
          result: "problem",
          detail: "containerd's snapshots need it",
          remedy: "modprobe overlay",
        },
    kernelModules.bridgeFilter
      ? { check: "br_netfilter", result: "ok", detail: "in the kernel" }
      : {
          check: "br_netfilter",
          result: "limit",
          detail: "pods of one node may not reach each other through a Service",
          remedy: "modprobe br_netfilter",
        },
    machine.facts.canLowerOomScore
      ? { check: "CAP_SYS_RESOURCE", result: "ok", detail: "granted" }
      : {
          check: "CAP_SYS_RESOURCE",
          result: "limit",
          detail: "guaranteed pods are not spared when memory runs out",
          remedy: "grant it to this machine or container",
        },
  ];
}

function installed(check: string, there: boolean, without: string, packageName: string): Finding {
  return there
    ? { check, result: "ok", detail: "installed" }
    : {
        check,
        result: "limit",
        detail: `not installed: ${without}`,
        remedy: `apt-get install ${packageName}`,
      };
}

function atLeast(
  check: string,
  value: number,
  wanted: number,
  show: (value: number) => string,
  remedy: string,
): Finding {
  if (value >= wanted) return { check, result: "ok", detail: show(value) };
  return {
    check,
    result: "problem",
    detail: `${show(value)}, ${show(wanted)} are needed`,
    remedy,
  };
}

const gibibytes = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;

function readOr(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function availableMemory(): number {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readOr("/proc/meminfo")) ?? [];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** The folder itself or, where there is none yet, the first that is there. */
function stateProblem(folder: string): { readonly stateProblem?: string } {
  if (!existsSync(folder) && folder !== dirname(folder)) return stateProblem(dirname(folder));
  try {
    accessSync(folder, constants.W_OK);
    return {};
  } catch (error) {
    return { stateProblem: plainReason(error) };
  }
}

function freeDisk(folder: string): number {
  const there = existsSync(folder) ? folder : dirname(folder);
  if (!existsSync(there)) return there === dirname(there) ? 0 : freeDisk(there);
  const { bavail, bsize } = statfsSync(there);
  return bavail * bsize;
}
