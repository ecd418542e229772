/** The whole command line: every command is a few lines that read the options and hand over to @kubets/cluster. */
import { InterruptedError, plainMessage } from "@kubets/cluster";
import { kubernetesVersion } from "@kubets/service";
import { Command, CommanderError } from "commander";
import { type Cli, UsageError, withExamples } from "./commands/cli.ts";
import { addDeployment } from "./commands/deployment.ts";
import { addHidden } from "./commands/hidden.ts";
import { addInspect } from "./commands/inspect.ts";
import { addLifecycle } from "./commands/lifecycle.ts";
import { addMachine } from "./commands/machine.ts";
import { addNodeCommands } from "./commands/nodes.ts";
import { addUp } from "./commands/up.ts";

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** As shells count a program that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130;

const EXIT_CODES = `
Exit codes:
  0    done
  1    failed, or (status, doctor) something is not well; the last line on standard error says what
  2    a mistake in the command line or in the file of --config; nothing was done
  130  interrupted; what \`up\` had begun to make is removed`;

/** Where help and complaints about the command line go. */
export interface ProgramOutput {
  writeOut(text: string): void;
  writeErr(text: string): void;
}

export function createProgram(cli: Cli, output: ProgramOutput): Command {
  const program = new Command("kubets")
    .description("A Kubernetes cluster on this machine.")
    .version(kubernetesVersion.gitVersion, "--version")
    .option("-q, --quiet", "no progress, only results and failures")
    .option("-v, --verbose", "failures with everything that is known about them")
    .showHelpAfterError("(add --help for help)")
    .configureOutput({
      ...output,
      outputError: (text, write) =>
        write(
          text.startsWith("error: too many arguments")
            ? text.replace(/\n$/, " (a cluster is named by --name)\n")
            : text,
        ),
    })
    .configureHelp({ sortOptions: true, showGlobalOptions: true })
    .exitOverride();
  withExamples(cli, program, [
    "up",
    "status",
    "logs apiserver --follow",
    "doctor",
    "down",
    "help up",
  ]);
  addUp(program, cli);
  addLifecycle(program, cli);
  addInspect(program, cli);
  addNodeCommands(program, cli);
  addMachine(program, cli);
  addDeployment(program);
  addHidden(program, cli);
  program.addHelpText("after", EXIT_CODES);
  return program;
}

/** Runs one command line, says what went wrong in one line, and gives the exit code. */
export async function runProgram(
  cli: Cli,
  output: ProgramOutput,
  args: readonly string[],
): Promise<number> {
  const program = createProgram(cli, output);
  const { progress } = cli.context;
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed it.
      return error.exitCode === 0 ? 0 : EXIT_USAGE;
    }
    if (error instanceof InterruptedError) {
      progress.failed("interrupted");
      return EXIT_INTERRUPTED;
    }
    const isVerbose = program.opts<{ verbose?: boolean }>().verbose === true;
    // What the user mistyped is known without where the program noticed it.
    if (error instanceof UsageError) {
      progress.failed(plainMessage(error));
      return EXIT_USAGE;
    }
    const known = isVerbose && error instanceof Error ? error.stack : plainMessage(error);
    progress.failed(String(known));
    return EXIT_FAILED;
  }
}
