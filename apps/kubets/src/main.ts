/** The process of the program: its surroundings, and the exit code. The commands are in program.ts. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createProgress, ownCommand } from "@kubets/cluster";
import { systemClock } from "@kubets/service";
import type { Cli } from "./commands/cli.ts";
import { EXIT_FAILED, EXIT_INTERRUPTED, runProgram } from "./program.ts";

/** The oldest Node with everything that the program uses. */
const NODE_MAJOR_LEAST = 24;

if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_LEAST) {
  process.stderr.write(
    `kubets needs Node ${NODE_MAJOR_LEAST} or newer, and this is ${process.version}; \`npm run kubets -- …\` brings its own\n`,
  );
  process.exit(EXIT_FAILED);
}

const { argv, env, stderr, stdout } = process;
const interrupt = new AbortController();
const quiet = argv.includes("--quiet") || argv.includes("-q");
const cli: Cli = {
  context: {
    environment: env,
    clock: systemClock,
    progress: createProgress(
      {
        write: (text) => stderr.write(text),
        isTTY: stderr.isTTY === true && env.CI === undefined,
        color: stderr.isTTY === true && env.NO_COLOR === undefined,
        quiet,
      },
      systemClock,
    ),
    interrupt: interrupt.signal,
    self: [process.execPath, fileURLToPath(import.meta.url)],
  },
  own: ownCommand(env),
  print: (text) => stdout.write(`${text}\n`),
  write: async (bytes) => {
    // A pager reads slowly, and logs are long.
    if (!stdout.write(bytes)) await once(stdout, "drain");
  },
  endOnInterrupt: () => {
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.once(name, () => {
        interrupt.abort();
        // The second one means: now.
        process.once(name, () => process.exit(EXIT_INTERRUPTED));
      });
    }
  },
  exitWith: (code) => {
    process.exitCode = code;
  },
  endNow: (code) => process.exit(code),
};
// `kubets logs apiserver | head` ends the program, not with an error.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const code = await runProgram(
  cli,
  { writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) },
  argv.slice(2),
);
// A command that was interrupted leaves questions behind that nobody waits for.
if (code === EXIT_INTERRUPTED) process.exit(code);
if (code !== 0) process.exitCode = code;
