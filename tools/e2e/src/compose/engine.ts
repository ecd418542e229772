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
  /** What every docker and compose command of the test needs. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether it was started here, and holds nothing but what tests put there. */
  readonly isOwn: boolean;
  docker(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Images and the stand-ins' base are kept here from one run to the next. */
export const CACHE = process.env.KUBETS_E2E_CACHE ?? "/var/cache/kubets-e2e";

/** The engine, or why there can be none here. */
export async function startEngine(): Promise<Engine | string> {
  if (programPath("docker") === undefined) return "this machine lacks docker";
  if (process.getuid?.() !== 0) return "this machine lacks root";
  if ((await run("docker", ["info"])).code === 0) return engineAt({}, false, async () => {});
  if (programPath("dockerd") === undefined) return "this machine lacks dockerd";
  const folder = mkdtempSync(join(tmpdir(), "kubets-docker-"));
  const env = { DOCKER_HOST: `unix://${join(folder, "docker.sock")}` };
  const daemon = startDaemon(folder);
  const answers = eventually(
    "the docker engine answers",
    30_000,
    () => run("docker", ["info"], { env }),
    ({ code }) => code === 0 || daemon.exitCode !== null,
  );
  const stop = () => stopDaemon(daemon, folder);
  if ((await answers).code === 0) return engineAt(env, true, stop);
  const [reason = ""] = readFileSync(join(folder, "dockerd.log"), "utf8")
    .trim()
    .split("\n")
    .slice(-1);
  await stop();
  return `no docker engine can be started here: ${reason}`;
}

function startDaemon(folder: string): ChildProcess {
  mkdirSync(join(CACHE, "docker"), { recursive: true });
  const args = [
    `--host=unix://${join(folder, "docker.sock")}`,
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
  return spawn(programPath("dockerd") ?? "dockerd", args, { stdio: ["ignore", log, log] });
}

async function stopDaemon(daemon: ChildProcess, folder: string): Promise<void> {
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGTERM");
    await ended;
  }
  // The engine leaves its network namespace mounted.
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  for (const [, mount = ""] of mounts.map((line) => line.split(" "))) {
    if (mount.startsWith(folder)) await must("umount", [mount]);
  }
  rmSync(folder, { recursive: true, force: true });
}

function engineAt(env: NodeJS.ProcessEnv, isOwn: boolean, stop: () => Promise<void>): Engine {
  // The builder of old needs nothing beside the engine.
  const all = { ...env, DOCKER_BUILDKIT: "0", COMPOSE_DOCKER_CLI_BUILD: "0" };
  return {
    env: all,
    isOwn,
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
