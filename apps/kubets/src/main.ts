/** The command line: every command is a few lines that read the options and hand over to @kubets/cluster. */
import { fileURLToPath } from "node:url";
import { createProgress, ownCommand } from "@kubets/cluster";
import { kubernetesVersion, systemClock } from "@kubets/service";
import { Command, CommanderError } from "commander";
import { type Cli, UsageError } from "./commands/cli.ts";
import { addDeployment } from "./commands/deployment.ts";
import { addHidden } from "./commands/hidden.ts";
import { addInspect } from "./commands/inspect.ts";
import { addLifecycle } from "./commands/lifecycle.ts";
import { addMachine } from "./commands/machine.ts";
import { addNodeCommands } from "./commands/nodes.ts";
import { addUp } from "./commands/up.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const { argv, env, stderr, stdout } = process;
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
    self: [process.execPath, fileURLToPath(import.meta.url)],
  },
  own: ownCommand(env),
  print: (text) => stdout.write(`${text}\n`),
  write: (bytes) => stdout.write(bytes),
  exitWith: (code) => {
    process.exitCode = code;
  },
};
// `kubets logs apiserver | head` ends the program, not with an error.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const program = new Command("kubets")
  .description("A Kubernetes cluster on this machine.")
  .version(kubernetesVersion.gitVersion, "--version")
  .option("-q, --quiet", "no progress, only results and failures")
  .option("-v, --verbose", "failures with everything that is known about them")
  .showHelpAfterError("(add --help for help)")
  .configureHelp({ sortOptions: true, showGlobalOptions: true })
  .exitOverride();
addUp(program, cli);
addLifecycle(program, cli);
addInspect(program, cli);
addNodeCommands(program, cli);
addMachine(program, cli);
addDeployment(program);
addHidden(program, env);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed it.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else if (error instanceof UsageError) {
    cli.context.progress.failed(error.message);
    process.exitCode = EXIT_USAGE;
  } else {
    const isVerbose = program.opts<{ verbose?: boolean }>().verbose === true;
    const known = error instanceof Error ? (isVerbose ? error.stack : error.message) : error;
    cli.context.progress.failed(String(known));
    process.exitCode = EXIT_FAILED;
  }
}
