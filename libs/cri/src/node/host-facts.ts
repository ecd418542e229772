/** What this machine offers to a container runtime. Read once at start; what is missing is said, not assumed. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";
import { arch } from "node:process";
import type { CpuArchitecture } from "./pause-program.ts";

export interface HostFacts {
  readonly isRoot: boolean;
  readonly canLowerOomScore: boolean;
  readonly cgroupVersion: 1 | 2;
  readonly containerd?: { readonly path: string; readonly version: string; readonly major: number };
  readonly runcPath?: string;
  readonly ctrPath?: string;
  /** Folders that hold the bridge, host-local, portmap and loopback plugins. */
  readonly cniBinDirs: readonly string[];
  /** Empty when real containers can run here. */
  readonly missing: readonly string[];
}

export async function readHostFacts(): Promise<HostFacts> {
  const [capabilities, controllers, containerdPath, runcPath, ctrPath, cniBinDirs] =
    await Promise.all([
      effectiveCapabilities(),
      exists("/sys/fs/cgroup/cgroup.controllers"),
      findProgram("containerd"),
      findProgram("runc"),
      findProgram("ctr"),
      cniFolders(),
    ]);
  const isRoot = process.getuid?.() === 0;
  const version =
    containerdPath === undefined ? undefined : await containerdVersion(containerdPath);
  const missing: string[] = [];
  if (process.platform !== "linux") missing.push("Linux");
  if (!isRoot) missing.push("root");
  if (containerdPath === undefined || version === undefined) missing.push("containerd");
  if (runcPath === undefined) missing.push("runc");
  if (ctrPath === undefined) missing.push("ctr");
  if (cniBinDirs.length === 0) missing.push("containernetworking-plugins");
  return {
    isRoot,
    canLowerOomScore: (capabilities & CAP_SYS_RESOURCE) !== 0n,
    cgroupVersion: controllers ? 2 : 1,
    ...(containerdPath !== undefined && version !== undefined
      ? { containerd: { path: containerdPath, version, major: Number.parseInt(version, 10) } }
      : {}),
    ...(runcPath === undefined ? {} : { runcPath }),
    ...(ctrPath === undefined ? {} : { ctrPath }),
    cniBinDirs,
    missing,
  };
}

export function hostArchitecture(): CpuArchitecture {
  if (arch === "x64") return "amd64";
  if (arch === "arm64") return "arm64";
  throw new Error(`no pause program for the processor architecture ${arch}`);
}

const CAP_SYS_RESOURCE = 1n << 24n;
const SEARCH_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const CNI_FOLDERS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];
const CNI_PLUGINS = ["bridge", "host-local", "portmap", "loopback"];

async function effectiveCapabilities(): Promise<bigint> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  return match?.[1] === undefined ? 0n : BigInt(`0x${match[1]}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of SEARCH_PATH) {
    const path = `${folder}/${name}`;
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

async function cniFolders(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of CNI_FOLDERS) {
    const names: string[] = await readdir(folder).catch(() => []);
    if (CNI_PLUGINS.every((plugin) => names.includes(plugin))) found.push(folder);
  }
  return found;
}

/** "1.6.20" from `containerd github.com/containerd/containerd 1.6.20~ds1 …` or `… v2.0.1 …`. */
function containerdVersion(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, ["--version"], { timeout: 10_000 }, (error, stdout) => {
      resolve(error === null ? /\bv?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined);
    });
  });
}
