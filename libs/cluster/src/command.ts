/** The one place that runs short programs of the machine (ip, nft, mount, …) and waits for them. */
import { execFile } from "node:child_process";

export class CommandError extends Error {
  readonly command: string;
  readonly stderr: string;
  constructor(command: string, stderr: string, options?: ErrorOptions) {
    super(`${command} failed: ${stderr.trim() || "no output"}`, options);
    this.name = "CommandError";
    this.command = command;
    this.stderr = stderr;
  }
}

export interface RunOptions {
  readonly input?: string;
  /** Default 30 seconds; the program is killed then. */
  readonly timeoutMs?: number;
}

/** Resolves with standard output; rejects with a CommandError. */
export function runCommand(
  program: string,
  args: readonly string[],
  { input, timeoutMs = 30_000 }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      { timeout: timeoutMs, maxBuffer: 16 << 20, env: { ...process.env, LC_ALL: "C" } },
      (error, stdout, stderr) => {
        if (error) {
          reject(new CommandError([program, ...args].join(" "), stderr, { cause: error }));
          return;
        }
        resolve(stdout);
      },
    );
    child.stdin?.on("error", () => {
      // The program ended before it read its input; its exit code tells why.
    });
    child.stdin?.end(input ?? "");
  });
}
