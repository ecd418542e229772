/** The embedded Postgres, started again whenever it is found gone. It is nobody's child, so nothing tells. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Logger } from "@kubets/service";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@kubets/storage-postgres/embedded";
import { POSTGRES } from "./components.ts";
import { isRunning, type ProcessRecord, signalRecorded, startTimeOf } from "./process-record.ts";
import type { ProcessState } from "./supervised-process.ts";

export interface KeptPostgresOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChange: () => void;
  /** Ends a start that is under way. */
  readonly signal: AbortSignal;
  /** How often an earlier supervisor has found it gone. Default 0. */
  readonly restarts?: number;
}

/** How soon one that ended is noticed. */
const LOOK_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export class KeptPostgres {
  readonly #options: KeptPostgresOptions;
  #server: EmbeddedPostgres | undefined;
  /** Its process: the id alone may be another's once it has ended. */
  #process: ProcessRecord | undefined;
  #restarts: number;
  #lastExit = "ended";
  #failures = 0;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: KeptPostgresOptions) {
    this.#options = options;
    this.#restarts = options.restarts ?? 0;
  }

  /** For the apiservers; there once it has been started. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  get port(): number | undefined {
    return this.#server?.port;
  }

  get state(): ProcessState {
    if (this.#process === undefined) return { state: "stopped" };
    return isRunning(this.#process)
      ? { state: "running", pid: this.#process.pid, restarts: this.#restarts }
      : { state: "waiting", restarts: this.#restarts, lastExit: this.#lastExit };
  }

  record(): ProcessRecord | undefined {
    if (this.#process === undefined || !isRunning(this.#process)) return undefined;
    return { ...this.#process, restarts: this.#restarts };
  }

  /** Throws when it cannot be started; from then on it is kept. */
  async start(): Promise<void> {
    const { dataDir, logger, clock, signal } = this.#options;
    const server = await startEmbeddedPostgres({ dataDir, logger, clock, signal });
    const { pid } = server;
    this.#server = server;
    this.#process = { name: POSTGRES, pid, startTime: startTimeOf(pid) ?? "" };
    if (this.#isStopped) await server.stop();
    this.#failures = 0;
    this.#lastExit = "ended";
    this.#options.onChange();
    this.#lookIn(LOOK_MS);
  }

  /** Clients connect again. One that fails is kept all the same. */
  async restart(): Promise<void> {
    this.#cancel?.();
    try {
      await this.#server?.stop();
      await this.start();
    } catch (error) {
      this.#lookIn(LOOK_MS);
      throw error;
    }
  }

  /** For one that is silent: nothing of it may stay, or its successor would find its shared memory in use. */
  kill(why: string): void {
    if (this.#process === undefined || !isRunning(this.#process)) return;
    const { pid } = this.#process;
    this.#lastExit = why;
    for (const each of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(each, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#server?.stop();
  }

  /** What the server says of itself in its lock file. */
  #isStopping(): boolean {
    try {
      const file = join(this.#options.dataDir, "data", "postmaster.pid");
      return readFileSync(file, "utf8").split("\n")[7]?.trim() === "stopping";
    } catch {
      // It has just gone.
      return false;
    }
  }

  #lookIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.setTimer(delayMs, () => this.#look());
  }

  #look(): void {
    if (this.#process !== undefined && isRunning(this.#process)) {
      // SIGTERM makes it wait for its clients to leave, which apiservers never do, and refuse new ones meanwhile.
      if (this.#isStopping()) signalRecorded(this.#process, "SIGINT");
      this.#lookIn(LOOK_MS);
      return;
    }
    if (this.#failures === 0) this.#restarts++;
    this.#options.logger.warn("postgres ended and is started again", { how: this.#lastExit });
    this.#options.onChange();
    this.start().catch((error: unknown) => {
      this.#options.logger.error("cannot start postgres again", { error });
      this.#lastExit = error instanceof Error ? error.message : String(error);
      this.#lookIn(Math.min(LOOK_MS * 2 ** this.#failures++, RETRY_MAX_MS));
    });
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
