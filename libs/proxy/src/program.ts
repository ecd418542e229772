/** A program that is started before it has anything to do: what it is to do comes on its standard input. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { KernelError } from "./kernel-error.ts";

export interface Ended {
  readonly code: number;
  /** The beginning of its standard error. */
  readonly said: string;
  readonly listed: string;
}

/** What a program says is kept up to here; a refused transaction repeats its text line by line. */
const ERROR_CHARS_MAX = 2_000;
/** The rules of 50,000 endpoints. */
const LISTED_BYTES_MAX = 64 * 1024 * 1024;
/** A full load of 5,000 Services takes a few seconds. */
const TIMEOUT_MS = 60_000;

export class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<Ended>;

  constructor(command: readonly string[]) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.#ended = new Promise((resolve, reject) => {
      let said = "";
      const listed: Buffer[] = [];
      let listedBytes = 0;
      child.stdout.on("data", (data: Buffer) => {
        listedBytes += data.length;
        if (listedBytes <= LISTED_BYTES_MAX) listed.push(data);
      });
      child.stderr.on("data", (data: Buffer) => {
        if (said.length < ERROR_CHARS_MAX) said += data.toString();
      });
      child.stdin.on("error", () => {
        // It ended before it had read everything; its exit code tells.
      });
      child.once("error", (error) =>
        reject(new KernelError(`cannot run ${program}`, { cause: error })),
      );
      child.once("close", (code) =>
        resolve({
          code: code ?? 1,
          said: said.slice(0, ERROR_CHARS_MAX).trim(),
          listed: Buffer.concat(listed).toString(),
        }),
      );
    });
    // Nobody may ever ask.
    this.#ended.catch(() => undefined);
  }

  /** It can still be given something to do. */
  get isWaiting(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Gives it its input and resolves when it has ended. Throws KernelError when it cannot be run or is stopped. */
  async run(input: string, signal: AbortSignal): Promise<Ended> {
    const child = this.#child;
    const stop = () => child.kill("SIGKILL");
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const timer = setTimeout(stop, TIMEOUT_MS);
    child.stdin.end(input);
    try {
      const ended = await this.#ended;
      if (signal.aborted) throw new KernelError("stopped", { cause: signal.reason });
      return ended;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  /** Does nothing and goes. */
  dismiss(): void {
    this.#child.kill("SIGKILL");
  }
}
