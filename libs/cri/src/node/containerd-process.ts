/**
 * A containerd of our own for one node: writes its configuration, starts it, waits until it answers, loads
 * the pause image, and stops it again. Containers outlive it, as they do any restart of containerd.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, sleep } from "@kubets/service";
import { createContainerdRuntime } from "../containerd/containerd-runtime.ts";
import { RuntimeError } from "../runtime.ts";
import { type ContainerdPaths, containerdConfig } from "./containerd-config.ts";
import type { HostFacts } from "./host-facts.ts";
import { hostArchitecture } from "./host-facts.ts";
import { PAUSE_IMAGE, pauseImageArchive } from "./image-archive.ts";
import { loadImage } from "./load-image.ts";

export interface ContainerdProcessOptions {
  readonly facts: HostFacts;
  /** Everything of this containerd lies below it. */
  readonly directory: string;
  readonly cgroupDriver?: "cgroupfs" | "systemd";
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default 20,000. */
  readonly startTimeoutMs?: number;
  /** Command and arguments put before containerd: for instance `nsenter --net=… --`. */
  readonly wrapper?: readonly string[];
}

export interface ContainerdProcess {
  readonly paths: ContainerdPaths;
  readonly configFile: string;
  readonly logFile: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Where the parts of a node's containerd lie below its directory. The socket path has to stay under 108 bytes. */
export function containerdPaths(directory: string, facts: HostFacts): ContainerdPaths {
  return {
    root: join(directory, "root"),
    state: join(directory, "state"),
    address: join(directory, "containerd.sock"),
    cniConfDir: join(directory, "cni"),
    cniBinDirs: facts.cniBinDirs,
    registryConfigPath: join(directory, "certs.d"),
  };
}

export async function startContainerd(
  options: ContainerdProcessOptions,
): Promise<ContainerdProcess> {
  const { facts, directory } = options;
  if (facts.containerd === undefined || facts.ctrPath === undefined) {
    throw new RuntimeError("unavailable", `missing on this machine: ${facts.missing.join(", ")}`);
  }
  const paths = containerdPaths(directory, facts);
  const configFile = join(directory, "config.toml");
  const logFile = join(directory, "containerd.log");
  for (const folder of [paths.root, paths.state, paths.cniConfDir, paths.registryConfigPath]) {
    await mkdir(folder, { recursive: true, mode: 0o711 });
  }
  await mkdir(dirname(paths.address), { recursive: true });
  await writeFile(
    configFile,
    containerdConfig({
      paths,
      majorVersion: facts.containerd.major,
      pauseImage: PAUSE_IMAGE,
      cgroupDriver: options.cgroupDriver ?? "cgroupfs",
      restrictOomScoreAdj: !facts.canLowerOomScore,
      snapshotter: "overlayfs",
    }),
  );
  const [command = facts.containerd.path, ...before] = [
    ...(options.wrapper ?? []),
    facts.containerd.path,
  ];
  const child = spawn(command, [...before, "--config", configFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(logFile, { flags: "a" });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.once("exit", () => log.end());
  const stop = () => stopChild(child, options.clock);
  try {
    await answers(child, paths.address, options);
    await loadImage({
      ctrPath: facts.ctrPath,
      address: paths.address,
      archive: pauseImageArchive(hostArchitecture()),
      signal: options.signal,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { paths, configFile, logFile, pid: child.pid ?? 0, stop };
}

async function answers(
  child: ChildProcess,
  address: string,
  options: ContainerdProcessOptions,
): Promise<void> {
  const runtime = createContainerdRuntime({ address });
  const deadlineMs = options.clock.monotonicMs() + (options.startTimeoutMs ?? 20_000);
  try {
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new RuntimeError("unavailable", "containerd ended while it was starting");
      }
      try {
        await runtime.version({ signal: options.signal });
        return;
      } catch (error) {
        if (options.clock.monotonicMs() > deadlineMs) throw error;
      }
      await sleep(options.clock, 50, options.signal);
    }
  } finally {
    await runtime.close();
  }
}

function stopChild(child: ChildProcess, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const cancel = clock.setTimer(10_000, () => child.kill("SIGKILL"));
    child.once("exit", () => {
      cancel();
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/** Unmounts whatever is still mounted at or below a folder, deepest first, so that it can be removed. */
export async function unmountBelow(directory: string, mountTable: string): Promise<void> {
  const points = mountTable
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .sort((a, b) => b.length - a.length);
  for (const point of points) {
    await new Promise<void>((resolve) => execFile("umount", ["-l", point], () => resolve()));
  }
}
