/** What every command of the program is given, and the options that several share. */
import { type CommandContext, checkClusterName, isTaint, plainMessage } from "@kubets/cluster";
import { type Command, InvalidArgumentError, Option } from "commander";

export interface Cli {
  readonly context: CommandContext;
  /** How the user calls this program: "kubets" or "npm run kubets --". */
  readonly own: string;
  /** A line on standard output. */
  print(text: string): void;
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** From here on Ctrl-C ends the command in order: what it was making is removed. */
  endOnInterrupt(): void;
  /** What the process ends with; 0 unless a command says otherwise. */
  exitWith(code: number): void;
  /** Ends the process at once, whatever still runs in it. */
  endNow(code: number): void;
}

/** The user's mistake in a command line: one line, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

export const DEFAULT_NAME = "kubets";

/** Undefined where the user named none: a config file may name it. */
export const named = (command: Command) =>
  command.addOption(
    new Option("--name <name>", `the cluster's name (default: "${DEFAULT_NAME}")`)
      .env("KUBETS_CLUSTER_NAME")
      .argParser(clusterName),
  );

function clusterName(text: string): string {
  try {
    checkClusterName(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(`${plainMessage(error)}.`);
  }
}

export const nameOf = (options: { readonly name?: string }) => options.name ?? DEFAULT_NAME;

export const withKubeconfig = (command: Command) =>
  command.option(
    "--kubeconfig <file>",
    "the kubeconfig to change (default: the first of $KUBECONFIG, or ~/.kube/config)",
  );

export const withOutput = (command: Command) =>
  command.addOption(
    new Option("-o, --output <format>", "json prints the result as one object").choices([
      "text",
      "json",
    ]),
  );

export const withWait = (command: Command, seconds: number) =>
  command.option(
    "--wait <seconds>",
    "how long to wait for nodes to be Ready; 0: not at all",
    count(0, 3600),
    seconds,
  );

/** One example a line, below the options. */
export const withExamples = (cli: Cli, command: Command, lines: readonly string[]) =>
  command.addHelpText(
    "after",
    `\nExamples:\n${lines.map((line) => `  ${cli.own} ${line}`).join("\n")}`,
  );

export const count = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  }
  return value;
};

/** host=url pairs of registries. */
export function mirror(value: string, list: { host: string; url: string }[] = []) {
  const [, host, url] = /^([^=]+)=(https?:\/\/.+)$/.exec(value) ?? [];
  if (host === undefined || url === undefined) {
    throw new InvalidArgumentError("It must look like docker.io=http://host.kubets.internal:5000.");
  }
  return [...list, { host, url }];
}

export function taint(text: string, list: readonly string[] = []): readonly string[] {
  if (!isTaint(text)) throw new InvalidArgumentError("It must look like dedicated=db:NoSchedule.");
  return [...list, text];
}

export const collect = (value: string, list: string[] = []) => [...list, value];
