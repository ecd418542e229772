/** A containerd of a test's own: below a folder of its own, with a small image made of this machine's busybox. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@kubets/service";
import { createContainerdRuntime } from "../containerd/containerd-runtime.ts";
import { startContainerd, unmountBelow } from "../node/containerd-process.ts";
import { type HostFacts, hostArchitecture, readHostFacts } from "../node/host-facts.ts";
import { imageArchive } from "../node/image-archive.ts";
import { loadImage } from "../node/load-image.ts";
import type { ContainerRuntime } from "../runtime.ts";

const BUSYBOX_PATHS = ["/bin/busybox", "/usr/bin/busybox"];
const PROGRAMS =
  "sh sleep echo cat ls env id true false date hostname head kill mkdir nc printenv pwd rm sync tail test touch wc wget httpd".split(
    " ",
  );

export interface TestContainerd {
  readonly runtime: ContainerRuntime;
  readonly facts: HostFacts;
  readonly directory: string;
  readonly address: string;
  readonly cniConfDir: string;
  readonly registryConfigPath: string;
  /** Below which every container of the test has to be. */
  readonly cgroupRoot: string;
  load(archive: Buffer): Promise<void>;
  /** As after a crash: containers keep running. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why a real containerd cannot be tested here; empty when it can. */
export async function canRunContainerd(): Promise<string> {
  const { missing } = await readHostFacts();
  const hasBusybox = BUSYBOX_PATHS.some((path) => existsSync(path));
  return [...missing, ...(hasBusybox ? [] : ["busybox-static"])].join(", ");
}

export async function busyboxArchive(name: string): Promise<Buffer> {
  const path = BUSYBOX_PATHS.find((each) => existsSync(each)) ?? "";
  const bytes = await readFile(path);
  return imageArchive({
    name,
    architecture: hostArchitecture(),
    command: ["sh"],
    env: ["PATH=/bin"],
    files: [
      ...["bin", "etc", "tmp"].map((folder) => ({
        path: folder,
        mode: folder === "tmp" ? 0o1777 : 0o755,
        content: { type: "directory" as const },
      })),
      { path: "bin/busybox", mode: 0o755, content: { type: "file", bytes } },
      ...PROGRAMS.map((program) => ({
        path: `bin/${program}`,
        mode: 0o777,
        content: { type: "symlink" as const, target: "busybox" },
      })),
      {
        path: "etc/passwd",
        mode: 0o644,
        content: { type: "file", bytes: Buffer.from("root:x:0:0:root:/:/bin/sh\n") },
      },
    ],
  });
}

export async function startTestContainerd(): Promise<TestContainerd> {
  const facts = await readHostFacts();
  // Short, since a socket's path may have 107 bytes.
  const directory = await mkdtemp("/tmp/kbt-");
  const signal = new AbortController().signal;
  const begin = () => startContainerd({ facts, directory, clock: systemClock, signal });
  let process = await begin();
  const runtime = createContainerdRuntime({ address: process.paths.address });
  const cgroupRoot = `/kubets-test-${directory.split("-").at(-1)}`;
  return {
    runtime,
    facts,
    directory,
    address: process.paths.address,
    cniConfDir: process.paths.cniConfDir,
    registryConfigPath: process.paths.registryConfigPath,
    cgroupRoot,
    load: (archive) =>
      loadImage({
        ctrPath: facts.ctrPath ?? "ctr",
        address: process.paths.address,
        archive,
        signal,
      }),
    async restart() {
      await process.stop();
      process = await begin();
    },
    async stop() {
      const problems: unknown[] = [];
      for (const { id } of await runtime.listSandboxes()) {
        await runtime
          .stopSandbox(id)
          .then(() => runtime.removeSandbox(id))
          .catch((error: unknown) => problems.push(error));
      }
      await runtime.close();
      await process.stop();
      await unmountBelow(directory, await readFile("/proc/self/mountinfo", "utf8"));
      await rm(directory, { recursive: true, force: true });
      for (const hierarchy of await readdir("/sys/fs/cgroup")) {
        await removeGroups(join("/sys/fs/cgroup", hierarchy, cgroupRoot));
      }
      if (problems.length > 0) throw new AggregateError(problems, "sandboxes were left");
    },
  };
}

async function removeGroups(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeGroups(join(path, entry.name));
  await rmdir(path).catch(() => {});
}
