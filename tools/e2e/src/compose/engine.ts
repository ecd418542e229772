/** A docker engine for a test: the machine's own where it answers, otherwise one started here, with its own socket. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, must, programPath, run } from "../program.ts";

export interface Engine {
  /** What every docker and docker-compose command of the test needs. */
  readonly env: NodeJS.ProcessEnv;
  docker(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Images and the stand-ins' base are kept here from one run to the next. */
export const CACHE = "/var/cache/kubets-e2e";

/** Why there can be no engine here; undefined when there can. */
export async function engineMissing(): Promise<string | undefined> {
  if (programPath("docker-compose") === undefined) return "docker-compose";
  if (programPath("docker") === undefined) return "docker";
  if ((await run("docker", ["info"])).code === 0) return undefined;
  if (programPath("dockerd") === undefined) return "dockerd";
  if (process.getuid?.() !== 0) return "root";
  return programPath("debootstrap") === undefined ? "debootstrap" : undefined;
}

export async function startEngine(): Promise<Engine> {
  if ((await run("docker", ["info"])).code === 0) return engineAt({}, async () => {});
  const folder = mkdtempSync(join(tmpdir(), "kubets-docker-"));
  const socket = join(folder, "docker.sock");
  mkdirSync(join(CACHE, "docker"), { recursive: true });
  const args = [
    `--host=unix://${socket}`,
    `--data-root=${join(CACHE, "docker")}`,
    `--exec-root=${join(folder, "exec")}`,
    `--pidfile=${join(folder, "docker.pid")}`,
    // Compose makes its own networks.
    "--bridge=none",
    // The machine's own rules stay as they are; published ports go through docker's proxy.
    "--iptables=false",
    "--ip6tables=false",
    ...runtimeArguments(folder),
  ];
  const log = openSync(join(folder, "dockerd.log"), "a");
  const daemon: ChildProcess = spawn(programPath("dockerd") ?? "dockerd", args, {
    stdio: ["ignore", log, log],
  });
  const env = { DOCKER_HOST: `unix://${socket}` };
  const engine = engineAt(env, async () => {
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGTERM");
    await ended;
    // The engine leaves its network namespace mounted.
    const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
    for (const [, mount = ""] of mounts.map((line) => line.split(" "))) {
      if (mount.startsWith(folder)) await must("umount", [mount]);
    }
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await eventually(
      "the docker engine answers",
      30_000,
      () => run("docker", ["info"], { env }),
      ({ code }) => code === 0,
    );
  } catch (error) {
    throw new Error(readFileSync(join(folder, "dockerd.log"), "utf8").slice(-2000), {
      cause: error,
    });
  }
  return engine;
}

function engineAt(env: NodeJS.ProcessEnv, stop: () => Promise<void>): Engine {
  // The builder of old needs nothing beside the engine.
  const all = { ...env, DOCKER_BUILDKIT: "0", COMPOSE_DOCKER_CLI_BUILD: "0" };
  return {
    env: all,
    docker: (...args) => must("docker", args, { env: all, timeoutMs: 600_000 }),
    stop,
  };
}

const CAP_SYS_RESOURCE = 1n << 24n;

/** Root without CAP_SYS_RESOURCE cannot grant it: privileged containers must do without, too. */
function runtimeArguments(folder: string): string[] {
  const status = readFileSync("/proc/self/status", "utf8");
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? "0"}`);
  if ((capabilities & CAP_SYS_RESOURCE) !== 0n) return [];
  const wrapper = join(folder, "runc");
  writeFileSync(
    wrapper,
    `#!/bin/sh
bundle=.
previous=
for word in "$@"; do
  case "$previous" in --bundle|-b) bundle=$word ;; --process|-p) sed -i 's/"CAP_SYS_RESOURCE",\\?//g' "$word" ;; esac
  previous=$word
done
if [ -f "$bundle/config.json" ]; then sed -i 's/"CAP_SYS_RESOURCE",\\?//g' "$bundle/config.json"; fi
exec ${programPath("runc") ?? "runc"} "$@"
`,
  );
  chmodSync(wrapper, 0o755);
  return [`--add-runtime=limited=${wrapper}`, "--default-runtime=limited"];
}
