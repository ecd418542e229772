/** Runs programs for the tests and keeps what they print. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(
  program: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly timeoutMs?: number;
    readonly cwd?: string;
  } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      {
        env: { ...process.env, ...options.env },
        timeout: options.timeoutMs ?? 120_000,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        maxBuffer: 64 << 20,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ code, stdout, stderr: error !== null && stderr === "" ? error.message : stderr });
      },
    );
    child.stdin?.on("error", () => {
      // The program did not read its input; its exit code tells.
    });
    child.stdin?.end(options.input ?? "");
  });
}

/** Like run, but a failure is an error that shows everything. */
export async function must(
  program: string,
  args: readonly string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} → ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

export function background(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, [...args], { stdio: "ignore" });
}

export function programPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Asks again until the answer is right, and fails with the last one; for what no watch can tell. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T>,
  isRight: (value: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (isRight(value)) return value;
    if (performance.now() > deadline) {
      throw new Error(`${what}: not after ${timeoutMs} ms; last: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
