/** One simulated container: created, running, exited, and what can be run inside it. */
import { readdir, readFile } from "node:fs/promises";
import { posix } from "node:path";
import { PassThrough, type Writable } from "node:stream";
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

/** Of a process that ends with its container. */
const KILLED = 137;
const MEMORY_BYTES = 8 * 1024 * 1024;

type CommandIo = Pick<CommandContext, "stdin" | "write" | "outputHasRoom">;

export class SimulatedContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly #options: SimulatedContainerOptions;
  readonly #createdAtMs: number;
  readonly #log: ContainerLog | undefined;
  readonly #ended = new AbortController();
  readonly #attached = new Set<SessionStreams>();
  /** Of the main program; a container without it reads an empty file. */
  readonly #stdin: PassThrough | undefined;
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
    this.#stdin = options.config.stdin ? new PassThrough() : undefined;
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
    this.#stdin?.destroy();
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
      const exitCode = await this.#run(command, limit.signal, {
        stdin: undefined,
        write: (stream, bytes) => parts[stream].push(Buffer.from(bytes)),
        outputHasRoom: async () => {},
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
    const exitCode = this.#run(command, streams.signal, {
      stdin: streams.stdin,
      // A session with a terminal has no separate error stream.
      write: (stream, bytes) => outputOf(streams, stream)?.write(bytes),
      outputHasRoom: () => roomOf([streams]),
    });
    try {
      return await exitCode;
    } catch (error) {
      if (this.#ended.signal.aborted) return KILLED;
      throw error;
    }
  }

  /**
   * Ends when the container does, when the client has gone, or when the client's input ends and the container's does
   * not with it. The exit code of the container is not the attachment's: always 0.
   */
  attach(streams: SessionStreams): Promise<number> {
    const over = AbortSignal.any([this.#ended.signal, streams.signal]);
    return new Promise((resolve) => {
      const done = () => {
        this.#attached.delete(streams);
        if (this.#stdin !== undefined) streams.stdin?.unpipe(this.#stdin);
        resolve(0);
      };
      if (over.aborted) {
        done();
        return;
      }
      over.addEventListener("abort", done, { once: true });
      this.#attached.add(streams);
      if (streams.stdin === undefined) return;
      if (this.#stdin === undefined) {
        streams.stdin.resume();
        return;
      }
      const { stdinOnce } = this.#options.config;
      streams.stdin.pipe(this.#stdin, { end: stdinOnce });
      if (!stdinOnce) streams.stdin.once("end", done);
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
      this.#context(this.#ended.signal, {
        stdin: this.#stdin,
        write: (stream, bytes) => this.#say(stream, bytes),
        // As with a real runtime, whoever is attached and does not read holds the program up.
        outputHasRoom: () => roomOf(this.#attached),
      }),
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

  async #run(command: readonly string[], signal: AbortSignal, io: CommandIo): Promise<number> {
    if (this.#state !== "running") {
      throw new RuntimeError(
        "failedPrecondition",
        `container "${this.id}" is in ${this.#state} state`,
      );
    }
    const both = AbortSignal.any([signal, this.#ended.signal]);
    const outcome = await Promise.race([runCommand(command, this.#context(both, io)), never(both)]);
    if (outcome !== "unsupported") return outcome;
    throw new RuntimeError(
      "unknown",
      `failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "${command[0] ?? ""}": executable file not found in $PATH: unknown`,
    );
  }

  #context(signal: AbortSignal, io: CommandIo): CommandContext {
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
      ...io,
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

async function roomOf(sessions: Iterable<SessionStreams>): Promise<void> {
  const outputs = [...sessions].flatMap(({ stdout, stderr }) => [stdout, stderr]);
  const full = outputs.filter((output) => output?.writableNeedDrain === true && !output.destroyed);
  await Promise.all(full.map((output) => output && drained(output)));
}

/** Resolves when the stream has room again, or is gone. */
function drained(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      output.off("drain", done);
      output.off("close", done);
      resolve();
    };
    output.once("drain", done);
    output.once("close", done);
  });
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

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
