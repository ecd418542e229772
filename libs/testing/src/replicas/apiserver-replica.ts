import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { sleep, systemClock } from "@kubets/service";
import type { Trap } from "../processes/fault-trap.ts";
import { freePort } from "../servers/free-port.ts";
import { ApiEndpoint, LostAnswerError, NotSentError } from "./api-endpoint.ts";
import type { ClusterFiles } from "./cluster-files.ts";

const sources = join(import.meta.dirname, "../processes/apiserver-process.ts");
const readyTimeoutMs = 30_000;

export interface ReplicaOptions {
  readonly files: ClusterFiles;
  readonly databaseUrl: string;
  readonly natsServer?: string;
  readonly args?: readonly string[];
  /** Another build of the program, for instance its bundle; it has no fault points. */
  readonly entry?: string;
  /** Of Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** A whole apiserver in a process of its own, always at the same port. */
export class ApiserverReplica {
  readonly endpoint: ApiEndpoint;
  readonly name: string;
  readonly #options: ReplicaOptions;
  readonly #grpcPort: number;
  #process: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();

  private constructor(options: ReplicaOptions, name: string, port: number, grpcPort: number) {
    this.#options = options;
    this.name = name;
    this.#grpcPort = grpcPort;
    this.endpoint = new ApiEndpoint(port, options.files.admin);
  }

  static async create(options: ReplicaOptions, name: string): Promise<ApiserverReplica> {
    return new ApiserverReplica(options, name, await freePort(), await freePort());
  }

  /** `host:port` of kubets.api.v1. */
  get grpcAddress(): string {
    return `localhost:${this.#grpcPort}`;
  }

  /** Resolves when it is ready, with the milliseconds that took. */
  async start(): Promise<number> {
    const {
      files,
      databaseUrl,
      natsServer,
      args = [],
      entry = sources,
      nodeArgs = [],
    } = this.#options;
    const startMs = performance.now();
    const child = fork(
      entry,
      [
        ...files.args,
        `--database-url=${databaseUrl}`,
        `--secure-port=${this.endpoint.port}`,
        `--grpc-port=${this.#grpcPort}`,
        "--bind-address=127.0.0.1",
        "--advertise-address=192.0.2.1",
        "--authorization-mode=Node,RBAC",
        ...(natsServer === undefined ? [] : [`--nats-servers=${natsServer}`]),
        ...args,
      ],
      { execArgv: [...nodeArgs], stdio: ["ignore", "ignore", "pipe", "ipc"] },
    );
    let said = "";
    child.stderr?.on("data", (data) => {
      said = (said + String(data)).slice(-4_000);
    });
    this.#process = child;
    this.#gone = new Promise((resolve) => child.once("exit", () => resolve()));
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`${this.name} ended: ${said}`);
      }
      if (await this.isReady()) return performance.now() - startMs;
      if (performance.now() - startMs > readyTimeoutMs) {
        throw new Error(`${this.name} is not ready: ${said}`);
      }
      await sleep(systemClock, 20);
    }
  }

  async isReady(): Promise<boolean> {
    try {
      return (await this.endpoint.request("GET", "/readyz")).status === 200;
    } catch (error) {
      if (error instanceof NotSentError || error instanceof LostAnswerError) return false;
      throw error;
    }
  }

  /** Of the process, while there is one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  arm(trap: Trap): void {
    this.#process?.send(trap);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Resolves when the process has ended, however. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** In order, as on a signal. */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    await this.#gone;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#gone;
    await this.endpoint.close();
  }
}
