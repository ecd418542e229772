/** A node's own containerd: its configuration, where it looks for images, and the image every pod sandbox needs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  containerdConfig,
  createContainerdRuntime,
  type HostFacts,
  hostArchitecture,
  loadImage,
  PAUSE_IMAGE,
  pauseImageArchive,
  registryHosts,
} from "@kubets/cri";
import { type Clock, sleep } from "@kubets/service";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { NodePaths } from "./paths.ts";

/** The host's name as its nodes see it, as Docker has host.docker.internal. */
const HOST_NAME = "host.kubets.internal";

export function writeContainerdFiles(
  spec: Pick<ClusterSpec, "network" | "nodes" | "registryMirrors">,
  paths: NodePaths,
  facts: HostFacts,
): void {
  for (const folder of [
    paths.containerdRoot,
    paths.containerdState,
    paths.cniConfig,
    paths.registryConfig,
    dirname(paths.containerdSocket),
  ]) {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
  }
  writeFileSync(
    paths.containerdConfig,
    containerdConfig({
      paths: {
        root: paths.containerdRoot,
        state: paths.containerdState,
        address: paths.containerdSocket,
        cniConfDir: paths.cniConfig,
        cniBinDirs: facts.cniBinDirs,
        registryConfigPath: paths.registryConfig,
      },
      majorVersion: facts.containerd?.major ?? 1,
      pauseImage: PAUSE_IMAGE,
      cgroupDriver: "cgroupfs",
      restrictOomScoreAdj: !facts.canLowerOomScore,
      snapshotter: "overlayfs",
    }),
  );
  const hosts = spec.nodes.map(({ name, address }) => `${address} ${name}`);
  writeFileSync(
    paths.hosts,
    ["127.0.0.1 localhost", `${spec.network.gateway} ${HOST_NAME}`, ...hosts, ""].join("\n"),
  );
  for (const { host, url } of spec.registryMirrors) {
    const folder = join(paths.registryConfig, host);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "hosts.toml"), registryHosts({ mirrors: [url] }));
  }
}

const POLL_MS = 20;

/** Resolves when it answers and holds the sandbox image; rejects after `timeoutMs`. */
export async function prepareContainerd(
  paths: NodePaths,
  facts: HostFacts,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  const runtime = createContainerdRuntime({ address: paths.containerdSocket });
  try {
    for (;;) {
      try {
        await runtime.version({ signal });
        break;
      } catch (error) {
        if (clock.monotonicMs() > deadlineMs) {
          throw new Error("containerd does not answer", { cause: error });
        }
      }
      await sleep(clock, POLL_MS, signal);
    }
  } finally {
    await runtime.close();
  }
  await loadImageInto(paths, facts, pauseImageArchive(hostArchitecture()), signal);
}

export async function loadImageInto(
  paths: NodePaths,
  facts: HostFacts,
  archive: Buffer,
  signal: AbortSignal,
): Promise<void> {
  await loadImage({
    ctrPath: facts.ctrPath ?? "ctr",
    address: paths.containerdSocket,
    archive,
    signal,
  });
}
