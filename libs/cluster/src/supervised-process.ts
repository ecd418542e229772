/**
 * One long-running program of the cluster: started, its output appended to a log file, started again when it ends on
 * its own, stopped in a bounded time.
 */
import { closeSync, openSync } from "node:fs";
import type { Clock, Logger } from "@kubets/service";
import type { ProcessRecord } from "./process-record.ts";
import { adoptProcess, type RunningProcess, startProcess } from "./running-process.ts";

export interface ProcessSpec {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Absent: it shares the output of this process. */
  readonly logFile?: string;
  /** How long it may take to end after SIGTERM before it is killed. */
  readonly stopTimeoutMs: number;
  /** Default SIGTERM. Postgres takes SIGINT for its fast shutdown. */
  readonly stopSignal?: NodeJS.Signals;
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
}

export type ProcessState =
  | { readonly state: "stopped" }
  | { readonly state: "running"; readonly pid: number; readonly restarts: number }
  | {
      readonly state: "waiting";
      readonly restarts: number;
      readonly lastExit: string;
      /** When it is started again, in milliseconds since the epoch. */
      readonly nextStartMs?: number;
    };

const RESTART_DELAY_MIN_MS = 200;
const RESTART_DELAY_MAX_MS = 10_000;
/** Less than three seconds after the first start, by the delays between restarts. */
const HOPELESS_ENDS = 3;
/** A run this long counts as a success: the next restart waits the least time again. */
const HEALTHY_RUN_MS = 30_000;

export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  #child: RunningProcess | undefined;
  #state: ProcessState = { state: "stopped" };
  #stopping = false;
  #replacing = false;
  #killedFor: string | undefined;
  #restarts = 0;
  #delayMs = RESTART_DELAY_MIN_MS;
  #cancelRestart: (() => void) | undefined;

  constructor(spec: ProcessSpec, clock: Clock, logger: Logger, onChange: () => void) {
    this.spec = spec;
    this.#clock = clock;
    this.#logger = logger;
    this.#onChange = onChange;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** How often it has ended by itself. */
  get restarts(): number {
    return this.#restarts;
  }

  record(): ProcessRecord | undefined {
    const { pid, startTime } = this.#child ?? {};
    if (pid === undefined || startTime === undefined || this.#state.state !== "running") {
      return undefined;
    }
    return { name: this.spec.name, pid, startTime, restarts: this.#restarts };
  }

  start(): void {
    if (this.#child !== undefined || this.#stopping) return;
    const { program, args, environment, logFile, uid, gid, cwd } = this.spec;
    const log = logFile === undefined ? "inherit" : openSync(logFile, "a", 0o600);
    try {
      const child = startProcess(program, args, {
        stdio: ["ignore", log, log],
        env: { ...process.env, ...environment },
        // Its own process group: a Ctrl-C in the terminal of `up` is not for it.
        detached: true,
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
        ...(cwd === undefined ? {} : { cwd }),
      });
      this.#keep(child);
    } finally {
      if (typeof log === "number") closeSync(log);
    }
  }

  /** Goes on with what an earlier process of this program has started. */
  adopt(record: ProcessRecord): void {
    if (this.#child !== undefined || this.#stopping) return;
    this.#restarts = record.restarts ?? 0;
    this.#keep(adoptProcess(record, this.#clock));
  }

  #keep(child: RunningProcess): void {
    const startedAt = this.#clock.monotonicMs();
    this.#child = child;
    if (child.pid !== undefined) {
      this.#set({ state: "running", pid: child.pid, restarts: this.#restarts });
    }
    child.ended.then(
      (reason) => {
        // Another has taken its place where it was replaced on request.
        if (this.#child === child) this.#ended(reason, startedAt);
      },
      (error: unknown) => this.#logger.error("cannot follow a component", { error }),
    );
  }

  /** How it ended last, when it has ended several times since it had `endsBefore` and waits for its next try. */
  whyHopeless(endsBefore = 0): string | undefined {
    const { state } = this;
    if (state.state !== "waiting" || state.restarts - endsBefore < HOPELESS_ENDS) return undefined;
    return state.lastExit;
  }

  /** Resolves when it has ended; kills it when it does not end in time. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelRestart?.();
    await this.#end();
    this.#set({ state: "stopped" });
  }

  /** Ends it in order and starts what its program is now; no failure, so it does not count as one. */
  async restart(): Promise<void> {
    if (this.#stopping || this.#replacing) return;
    this.#replacing = true;
    this.#cancelRestart?.();
    try {
      await this.#end();
    } finally {
      this.#replacing = false;
    }
    this.#child = undefined;
    this.#delayMs = RESTART_DELAY_MIN_MS;
    this.start();
  }

  /** For one that is silent: it is ended at once, and started again as after any other end. */
  kill(why: string): void {
    if (this.#child === undefined) return;
    this.#killedFor = why;
    this.#child.signal("SIGKILL");
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.signal(this.spec.stopSignal ?? "SIGTERM");
    const cancel = this.#clock.setTimer(this.spec.stopTimeoutMs, () => {
      this.#logger.warn("killing a component that does not stop", { component: this.spec.name });
      child.signal("SIGKILL");
    });
    await child.ended;
    cancel();
  }

  #ended(reason: string, startedAt: number): void {
    this.#child = undefined;
    const how = this.#killedFor ?? reason;
    this.#killedFor = undefined;
    if (this.#stopping || this.#replacing) return;
    if (this.#clock.monotonicMs() - startedAt > HEALTHY_RUN_MS)
      this.#delayMs = RESTART_DELAY_MIN_MS;
    this.#restarts++;
    this.#logger.warn("a component ended and is started again", {
      component: this.spec.name,
      how,
      restarts: this.#restarts,
      delayMs: this.#delayMs,
    });
    this.#set({
      state: "waiting",
      restarts: this.#restarts,
      lastExit: how,
      nextStartMs: this.#clock.now() + this.#delayMs,
    });
    this.#cancelRestart = this.#clock.setTimer(this.#delayMs, () => this.start());
    this.#delayMs = Math.min(this.#delayMs * 2, RESTART_DELAY_MAX_MS);
  }

  #set(state: ProcessState): void {
    this.#state = state;
    this.#onChange();
  }
}
