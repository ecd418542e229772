/** One simulated container: created, running, exited, and what can be run inside it. */
import { readdir, readFile } from "node:fs/promises";
import { posix } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type Clock, sleep } from "@kubets/service";
import {
  type ContainerConfig,
  type ContainerStats,
  type ContainerStatus,
  type ContainerSummary,
  type ExecResult,
  type LinuxResources,
  RuntimeError,
  type SandboxConfig,
  type SessionStreams,
} from "../runtime.ts";
import { scriptedExit } from "./annotations.ts";
import { type CommandContext, runCommand } from "./built-in-commands.ts";
import { ContainerLog } from "./container-log.ts";

export interface SimulatedContainerOptions {
  readonly id: string;
  readonly sandboxId: string;
  readonly sandbox: SandboxConfig;
  readonly config: ContainerConfig;
  readonly clock: Clock;
  readonly logPath?: string;
  readonly onExit: () => void;
}

const MEMORY_BYTES = 8 * 1024 * 1024;

export class SimulatedContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly #options: SimulatedContainerOptions;
  readonly #createdAtMs: number;
  readonly #log: ContainerLog | undefined;
  readonly #ended = new AbortController();
  readonly #attached = new Set<SessionStreams>();
  #state: "created" | "running" | "exited" = "created";
  #startedAtMs = 0;
  #finishedAtMs = 0;
  #exitCode = 0;
  #resources: LinuxResources;

  constructor(options: SimulatedContainerOptions) {
    this.id = options.id;
    this.sandboxId = options.sandboxId;
    this.#options = options;
    this.#resources = options.config.resources;
    this.#createdAtMs = options.clock.now();
    this.#log =
      options.logPath === undefined ? undefined : new ContainerLog(options.logPath, options.clock);
  }

  start(): void {
    if (this.#state !== "created") {
      throw new RuntimeError(
        "failedPrecondition",
        `container "${this.id}" is in ${this.#state} state`,
      );
    }
    const { clock, config, sandbox } = this.#options;
    this.#state = "running";
    this.#startedAtMs = clock.now();
    const exit = scriptedExit(sandbox.annotations, config.name);
    if (exit !== undefined) {
      this.#say("stdout", `${config.name} of ${sandbox.metadata.name} started\n`);
      const cancel = clock.setTimer(exit.afterMs, () => this.end(exit.exitCode));
      this.#ended.signal.addEventListener("abort", cancel, { once: true });
      return;
    }
    this.#runMain([...config.command, ...config.args]);
  }

  /** As after SIGTERM: simulated programs end at once, with 143, or 0 where only the image's own program runs. */
  async stop(): Promise<void> {
    const hasCommand = this.#options.config.command.length > 0;
    this.end(hasCommand ? 143 : 0);
    await this.#log?.settled();
  }

  end(exitCode: number): void {
    if (this.#state === "exited") return;
    const wasRunning = this.#state === "running";
    this.#state = "exited";
    this.#exitCode = exitCode;
    this.#finishedAtMs = this.#options.clock.now();
    this.#ended.abort();
    if (wasRunning) this.#options.onExit();
  }

  setResources(resources: LinuxResources): void {
    this.#resources = resources;
  }

  summary(): ContainerSummary {
    const { config } = this.#options;
    return {
      id: this.id,
      sandboxId: this.sandboxId,
      name: config.name,
      attempt: config.attempt,
      image: config.userSpecifiedImage,
      imageRef: config.image,
      state: this.#state,
      createdAtMs: this.#createdAtMs,
      labels: config.labels,
      annotations: config.annotations,
    };
  }

  status(): ContainerStatus {
    const { config, logPath } = this.#options;
    const { sandboxId: _, ...summary } = this.summary();
    const isOver = this.#state === "exited";
    return {
      ...summary,
      startedAtMs: this.#startedAtMs,
      finishedAtMs: this.#finishedAtMs,
      exitCode: this.#exitCode,
      reason: isOver ? (this.#exitCode === 0 ? "Completed" : "Error") : "",
      message: "",
      imageId: config.image,
      mounts: config.mounts,
      logPath: logPath ?? "",
      resources: this.#resources,
    };
  }

  stats(): ContainerStats {
    const now = this.#options.clock.now();
    return {
      containerId: this.id,
      labels: this.#options.config.labels,
      timestampMs: now,
      cpuUsageNanoSeconds: Math.round((now - this.#startedAtMs) * 1000),
      cpuUsageNanoCores: 1_000_000,
      memoryWorkingSetBytes: MEMORY_BYTES,
      memoryUsageBytes: MEMORY_BYTES,
      memoryRssBytes: MEMORY_BYTES,
      pageFaults: 0,
      majorPageFaults: 0,
      writableLayerBytes: 0,
      writableLayerInodes: 0,
    };
  }

  async execSync(command: readonly string[], timeoutSeconds: number): Promise<ExecResult> {
    const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const limit = new AbortController();
    const { clock } = this.#options;
    const cancel =
      timeoutSeconds > 0
        ? clock.setTimer(timeoutSeconds * 1000, () => limit.abort())
        : () => undefined;
    try {
      const exitCode = await this.#run(command, limit.signal, undefined, (stream, bytes) => {
        parts[stream].push(Buffer.from(bytes));
      });
      return {
        stdout: Buffer.concat(parts.stdout),
        stderr: Buffer.concat(parts.stderr),
        exitCode,
      };
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      throw new RuntimeError(
        "deadlineExceeded",
        `timeout ${timeoutSeconds}s exceeded: context deadline exceeded`,
        { cause: error },
      );
    } finally {
      cancel();
    }
  }

  async exec(command: readonly string[], streams: SessionStreams): Promise<number> {
    return this.#run(command, streams.signal, streams.stdin, (stream, bytes) => {
      // A session with a terminal has no separate error stream.
      outputOf(streams, stream)?.write(bytes);
    });
  }

  /** Ends when the container does, with its exit code. */
  attach(streams: SessionStreams): Promise<number> {
    this.#attached.add(streams);
    streams.stdin?.resume();
    return new Promise((resolve) => {
      const done = () => {
        this.#attached.delete(streams);
        resolve(this.#exitCode);
      };
      if (this.#state === "exited") {
        done();
        return;
      }
      this.#ended.signal.addEventListener("abort", done, { once: true });
      streams.signal.addEventListener("abort", done, { once: true });
    });
  }

  #runMain(argv: readonly string[]): void {
    const { config, sandbox } = this.#options;
    if (argv.length === 0) {
      this.#say(
        "stdout",
        `${config.name} of ${sandbox.metadata.name} runs ${config.userSpecifiedImage}\n`,
      );
      return;
    }
    runCommand(
      argv,
      this.#context(this.#ended.signal, undefined, (stream, bytes) => this.#say(stream, bytes)),
    ).then(
      async (outcome) => {
        // A program that is not simulated is taken for a server: it runs until it is stopped.
        if (outcome === "unsupported") return;
        await this.#log?.settled();
        this.end(outcome);
      },
      () => {
        // The container ended while its command slept; its exit code is set already.
      },
    );
  }

  async #run(
    command: readonly string[],
    signal: AbortSignal,
    stdin: Readable | undefined,
    write: CommandContext["write"],
  ): Promise<number> {
    if (this.#state !== "running") {
      throw new RuntimeError(
        "failedPrecondition",
        `container "${this.id}" is in ${this.#state} state`,
      );
    }
    const both = AbortSignal.any([signal, this.#ended.signal]);
    const outcome = await runCommand(command, this.#context(both, stdin, write));
    if (outcome !== "unsupported") return outcome;
    throw new RuntimeError(
      "unknown",
      `failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "${command[0] ?? ""}": executable file not found in $PATH: unknown`,
    );
  }

  #context(
    signal: AbortSignal,
    stdin: Readable | undefined,
    write: CommandContext["write"],
  ): CommandContext {
    const { clock, config, sandbox } = this.#options;
    const hostPath = (path: string) => hostPathOf(config, path);
    return {
      env: new Map([
        ["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        ["HOSTNAME", sandbox.hostname],
        ...config.env.map(({ name, value }): [string, string] => [name, value]),
      ]),
      hostname: sandbox.hostname,
      workingDir: config.workingDir === "" ? "/" : config.workingDir,
      stdin,
      write,
      readFile: async (path) => {
        const found = hostPath(path);
        return found === undefined ? undefined : orUndefined(readFile(found));
      },
      listDirectory: async (path) => {
        const found = hostPath(path);
        const inner = config.mounts
          .map((mount) => posix.relative(path, mount.containerPath).split("/")[0] ?? "")
          .filter((name) => name !== "" && name !== "..");
        if (found === undefined) return inner.length > 0 ? [...new Set(inner)] : undefined;
        return orUndefined(readdir(found));
      },
      sleep: (ms) => (ms === Number.POSITIVE_INFINITY ? never(signal) : sleep(clock, ms, signal)),
    };
  }

  #say(stream: "stdout" | "stderr", bytes: Buffer | string): void {
    this.#log?.write(stream, bytes);
    for (const streams of this.#attached) outputOf(streams, stream)?.write(bytes);
  }
}

function outputOf(streams: SessionStreams, stream: "stdout" | "stderr"): Writable | undefined {
  return stream === "stderr" ? (streams.stderr ?? streams.stdout) : streams.stdout;
}

/** The file on the node behind a path in the container: of the mount nearest to it. */
function hostPathOf(config: ContainerConfig, path: string): string | undefined {
  const nearest = config.mounts
    .filter(({ containerPath }) => path === containerPath || path.startsWith(`${containerPath}/`))
    .sort((a, b) => b.containerPath.length - a.containerPath.length)[0];
  if (nearest === undefined) return undefined;
  return posix.join(nearest.hostPath, posix.relative(nearest.containerPath, path));
}

function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined);
}

function never(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
