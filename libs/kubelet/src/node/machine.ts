/** What this machine is and has, for the Node object. */
import { readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, platform, release, totalmem } from "node:os";

export interface Machine {
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** Go's names: "amd64", "linux". */
  readonly architecture: string;
  readonly operatingSystem: string;
}

export async function readMachine(rootDir: string): Promise<Machine> {
  const [machineId, systemUuid, bootId, osRelease, disk] = await Promise.all([
    firstLine("/etc/machine-id"),
    firstLine("/sys/class/dmi/id/product_uuid"),
    firstLine("/proc/sys/kernel/random/boot_id"),
    readFile("/etc/os-release", "utf8").catch(() => ""),
    statfs(rootDir).catch(() => undefined),
  ]);
  return {
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    diskBytes: disk === undefined ? 0 : disk.blocks * disk.bsize,
    machineId,
    systemUuid: systemUuid || machineId,
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? platform(),
    architecture: GO_ARCHITECTURES[arch()] ?? arch(),
    operatingSystem: platform(),
  };
}

/** A node that is only simulated: round figures that tests and schedulers can count with. */
export function simulatedMachine(options: {
  readonly nodeName: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
}): Machine {
  return {
    cpuCount: options.cpuCount,
    memoryBytes: options.memoryBytes,
    diskBytes: 100 * 1024 ** 3,
    machineId: options.nodeName,
    systemUuid: options.nodeName,
    bootId: options.nodeName,
    kernelVersion: "simulated",
    osImage: "simulated",
    architecture: GO_ARCHITECTURES[arch()] ?? arch(),
    operatingSystem: "linux",
  };
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

async function firstLine(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n")[0]?.trim() ?? "";
}
