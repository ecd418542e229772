/** The programs that every simulated container has. Enough for exec, for probes and for pods that say something and end. */
import { posix } from "node:path";
import type { Readable } from "node:stream";
import { parseShellLine } from "./shell-words.ts";

export interface CommandContext {
  readonly env: ReadonlyMap<string, string>;
  readonly hostname: string;
  readonly workingDir: string;
  readonly stdin: Readable | undefined;
  write(stream: "stdout" | "stderr", bytes: Buffer | string): void;
  /** Whoever writes much waits for this in between. */
  outputHasRoom(): Promise<void>;
  /** The content of a file as the container sees it; undefined where there is none. */
  readFile(path: string): Promise<Buffer | undefined>;
  listDirectory(path: string): Promise<string[] | undefined>;
  sleep(ms: number): Promise<void>;
}

/** The exit code; or that this program, or this shell line, is not one of the simulated ones. */
export type CommandOutcome = number | "unsupported";

export async function runCommand(
  argv: readonly string[],
  context: CommandContext,
): Promise<CommandOutcome> {
  const [program = "", ...args] = argv;
  const name = posix.basename(program);
  const builtIn = BUILT_INS.get(name);
  if (builtIn !== undefined) return builtIn(args, context);
  if (SHELLS.has(name)) return runShell(args, context);
  return "unsupported";
}

type BuiltIn = (args: readonly string[], context: CommandContext) => Promise<number> | number;

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "ash"]);

const programs: Readonly<Record<string, BuiltIn>> = {
  true: () => 0,
  false: () => 1,
  echo(args, context) {
    const noNewline = args[0] === "-n";
    const text = (noNewline ? args.slice(1) : args).join(" ");
    context.write("stdout", noNewline ? text : `${text}\n`);
    return 0;
  },
  hostname(_args, context) {
    context.write("stdout", `${context.hostname}\n`);
    return 0;
  },
  pwd(_args, context) {
    context.write("stdout", `${context.workingDir}\n`);
    return 0;
  },
  env: (_args, context) => printEnvironment(context),
  printenv(args, context) {
    const [name] = args;
    if (name === undefined) return printEnvironment(context);
    const value = context.env.get(name);
    if (value === undefined) return 1;
    context.write("stdout", `${value}\n`);
    return 0;
  },
  async sleep(args, context) {
    if (args[0] === "infinity") {
      await context.sleep(Number.POSITIVE_INFINITY);
      return 0;
    }
    const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(args[0] ?? "");
    if (match === null) {
      context.write("stderr", `sleep: invalid number '${args[0] ?? ""}'\n`);
      return 1;
    }
    const unitMs = { "": 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? ""];
    await context.sleep(Number(match[1]) * (unitMs ?? 1000));
    return 0;
  },
  async cat(args, context) {
    const files = args.filter((arg) => !arg.startsWith("-"));
    if (files.length === 0) return copyInput(context);
    let exitCode = 0;
    for (const path of files) {
      const bytes = await context.readFile(posix.resolve(context.workingDir, path));
      if (bytes === undefined) {
        context.write("stderr", `cat: can't open '${path}': No such file or directory\n`);
        exitCode = 1;
      } else {
        context.write("stdout", bytes);
        await context.outputHasRoom();
      }
    }
    return exitCode;
  },
  async ls(args, context) {
    const paths = args.filter((arg) => !arg.startsWith("-"));
    const path = paths[0] ?? ".";
    const names = await context.listDirectory(posix.resolve(context.workingDir, path));
    if (names === undefined) {
      context.write("stderr", `ls: ${path}: No such file or directory\n`);
      return 1;
    }
    const shown = args.includes("-a") ? names : names.filter((name) => !name.startsWith("."));
    for (const name of shown.sort()) context.write("stdout", `${name}\n`);
    return 0;
  },
};

const BUILT_INS: ReadonlyMap<string, BuiltIn> = new Map(Object.entries(programs));

function printEnvironment(context: CommandContext): number {
  for (const [name, value] of context.env) context.write("stdout", `${name}=${value}\n`);
  return 0;
}

async function copyInput(context: CommandContext): Promise<number> {
  if (context.stdin !== undefined) {
    for await (const chunk of context.stdin) {
      context.write("stdout", chunk);
      await context.outputHasRoom();
    }
  }
  return 0;
}

async function runShell(args: readonly string[], context: CommandContext): Promise<CommandOutcome> {
  const flag = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  const line = flag < 0 ? undefined : args[flag + 1];
  if (line === undefined) return "unsupported";
  const commands = parseShellLine(line, context.env);
  if (commands === undefined) return "unsupported";
  let exitCode = 0;
  for (const { words, stdout, after } of commands) {
    if ((after === "and" && exitCode !== 0) || (after === "or" && exitCode === 0)) continue;
    if (words[0] === "exit") return Number(words[1] ?? exitCode) & 0xff;
    const write: CommandContext["write"] = (stream, bytes) => {
      if (stream === "stderr" || stdout !== "nowhere") {
        context.write(stream === "stdout" && stdout === "stderr" ? "stderr" : stream, bytes);
      }
    };
    const outcome = await runCommand(words, { ...context, write });
    if (outcome === "unsupported") {
      context.write("stderr", `sh: ${words[0]}: not found\n`);
      exitCode = 127;
    } else exitCode = outcome;
  }
  return exitCode;
}
