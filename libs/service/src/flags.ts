/**
 * A service's settings are its flags: a table of names, kinds, defaults and help texts, parsed as upstream's programs
 * parse theirs (`--flag=value`, `--flag value`, Go durations, comma lists, repeats; `_` for `-`).
 *
 * Upstream: staging/src/k8s.io/component-base/cli/flag @1.36
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { formatDuration, parseDuration } from "./duration.ts";
import { kubernetesVersion } from "./version.ts";

interface FlagKinds {
  string: string;
  int: number;
  bool: boolean;
  /** Milliseconds inside, "15s" outside. */
  duration: number;
  /** "a,b"; a repeated flag adds to the list. */
  list: readonly string[];
  /** "a=1,b=2". */
  map: Readonly<Record<string, string>>;
}

export type FlagKind = keyof FlagKinds;

interface FlagOf<K extends FlagKind> {
  readonly kind: K;
  readonly default: FlagKinds[K];
  readonly help: string;
  /** The heading under which --help shows it. Default "Generic flags". */
  readonly group?: string;
  /** The only values allowed (kinds string and list). */
  readonly choices?: readonly string[];
  /** Least value allowed (kinds int and duration). */
  readonly min?: number;
}

export type Flag = { [K in FlagKind]: FlagOf<K> }[FlagKind];

/** By name without the dashes, as upstream names it where upstream has it. */
export type FlagTable = Readonly<Record<string, Flag>>;

export type FlagValues<T extends FlagTable> = {
  readonly [N in keyof T]: FlagKinds[T[N]["kind"]];
};

/** What the command line asks for. */
export type ParsedFlags<T extends FlagTable> =
  | { readonly action: "run"; readonly values: FlagValues<T>; readonly verbosity: number }
  | { readonly action: "print"; readonly text: string };

/** The command line, or a combination of settings, is wrong; the process ends with code 2. */
export class FlagError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FlagError";
  }
}

export interface FlagProgram<T extends FlagTable> {
  readonly name: string;
  readonly description: string;
  readonly flags: T;
  /** Command lines for the end of --help. */
  readonly examples?: readonly string[];
}

const GENERIC_GROUP = "Generic flags";
const GLOBAL_GROUP = "Global flags";

/** Throws FlagError. `args` is the command line without the program. */
export function parseFlags<T extends FlagTable>(
  program: FlagProgram<T>,
  args: readonly string[],
): ParsedFlags<T> {
  const given = new Map<string, unknown>();
  let printed = "";
  const command = new Command(program.name)
    .description(program.description)
    .usage("[flags]")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => undefined,
    })
    .configureHelp({
      sortOptions: true,
      helpWidth: 110,
      optionDescription: (option) => option.description,
    })
    .helpOption(false);
  for (const [name, flag] of Object.entries(program.flags)) {
    command.addOption(optionOf(name, flag, given));
  }
  command.addOption(new Option("--v <level>", VERBOSITY_HELP).default("0").helpGroup(GLOBAL_GROUP));
  command.addOption(new Option("-h, --help", "Show this text.").helpGroup(GLOBAL_GROUP));
  command.addOption(new Option("--version", "Print the version and end.").helpGroup(GLOBAL_GROUP));
  try {
    command.parse(args.map(normalizeArgument), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new FlagError(error.message.replace(/^error: /, ""), { cause: error.cause });
  }
  const options = command.opts();
  if (options.help === true) {
    command.outputHelp();
    return { action: "print", text: `${printed}${examplesText(program)}` };
  }
  if (options.version === true) {
    return { action: "print", text: `Kubernetes ${kubernetesVersion.gitVersion}\n` };
  }
  const verbosity = Number(options.v);
  if (!Number.isInteger(verbosity) || verbosity < 0) {
    throw new FlagError(`invalid argument ${JSON.stringify(options.v)} for "-v, --v" flag`);
  }
  const values = Object.fromEntries(
    Object.entries(program.flags).map(([name, flag]) => [name, given.get(name) ?? flag.default]),
  );
  return { action: "run", values: values as FlagValues<T>, verbosity };
}

const VERBOSITY_HELP = "Log verbosity (also -v): 0 for operators, 4 and more for debugging.";

function optionOf(name: string, flag: Flag, given: Map<string, unknown>): Option {
  const placeholder = flag.kind === "bool" ? " [bool]" : ` <${PLACEHOLDERS[flag.kind]}>`;
  const shown = defaultText(flag);
  const help = shown === "" ? flag.help : `${flag.help} (default ${shown})`;
  return new Option(`--${name}${placeholder}`, help)
    .helpGroup(flag.group ?? GENERIC_GROUP)
    .preset("true")
    .argParser((text: string) => {
      const value = parseValue(flag, text, given.get(name));
      given.set(name, value);
      return value;
    });
}

const PLACEHOLDERS: Readonly<Record<FlagKind, string>> = {
  string: "string",
  int: "int",
  bool: "bool",
  duration: "duration",
  list: "strings",
  map: "key=value,...",
};

/** `before` is what an earlier occurrence of the same flag gave. */
function parseValue(flag: Flag, text: string, before: unknown): FlagKinds[FlagKind] {
  switch (flag.kind) {
    case "string":
      return checkChoice(flag, text);
    case "int":
      if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError("It is not a whole number.");
      return checkMin(flag, Number(text));
    case "bool": {
      const value = BOOLEANS[text];
      if (value === undefined) throw new InvalidArgumentError("It is neither true nor false.");
      return value;
    }
    case "duration": {
      const durationMs = parseDuration(text);
      if (durationMs === undefined) {
        throw new InvalidArgumentError('It is not a duration like "15s" or "1h30m".');
      }
      return checkMin(flag, durationMs);
    }
    case "list": {
      const items =
        text === "" ? [] : text.split(",").map((item) => checkChoice(flag, item.trim()));
      return Array.isArray(before) ? [...before, ...items] : items;
    }
    case "map":
      return parseMap(text, before);
  }
}

function parseMap(text: string, before: unknown): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = Object.create(null);
  if (typeof before === "object" && before !== null) Object.assign(pairs, before);
  for (const pair of text === "" ? [] : text.split(",")) {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new InvalidArgumentError(`"${pair}" is not of the form key=value.`);
    pairs[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim();
  }
  return pairs;
}

/** As Go's strconv.ParseBool. */
const BOOLEANS: Readonly<Record<string, boolean>> = Object.assign(Object.create(null), {
  true: true,
  True: true,
  TRUE: true,
  t: true,
  T: true,
  "1": true,
  false: false,
  False: false,
  FALSE: false,
  f: false,
  F: false,
  "0": false,
});

function checkChoice(flag: Flag, text: string): string {
  if (flag.choices !== undefined && !flag.choices.includes(text)) {
    throw new InvalidArgumentError(`Allowed are ${flag.choices.join(", ")}.`);
  }
  return text;
}

function checkMin(flag: Flag, value: number): number {
  if (flag.min !== undefined && value < flag.min) {
    const least = flag.kind === "duration" ? formatDuration(flag.min) : String(flag.min);
    throw new InvalidArgumentError(`The least value is ${least}.`);
  }
  return value;
}

function defaultText(flag: Flag): string {
  switch (flag.kind) {
    case "string":
      return flag.default === "" ? "" : JSON.stringify(flag.default);
    case "duration":
      return formatDuration(flag.default);
    case "list":
      return flag.default.length === 0 ? "" : `[${flag.default.join(",")}]`;
    case "map":
      return Object.entries(flag.default)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");
    case "bool":
      return flag.default ? "true" : "";
    case "int":
      return String(flag.default);
  }
}

/** `--foo_bar=x` → `--foo-bar=x`; `-v=2`, `-v2` → `--v=2`. Values are left alone. */
function normalizeArgument(argument: string): string {
  const verbosity = /^-v=?(\d*)$/.exec(argument);
  if (verbosity !== null) return verbosity[1] === "" ? "--v" : `--v=${verbosity[1]}`;
  if (!argument.startsWith("--")) return argument;
  const equals = argument.indexOf("=");
  const name = equals < 0 ? argument : argument.slice(0, equals);
  return `${name.replaceAll("_", "-")}${equals < 0 ? "" : argument.slice(equals)}`;
}

function examplesText(program: FlagProgram<FlagTable>): string {
  if (program.examples === undefined || program.examples.length === 0) return "";
  return `\nExamples:\n${program.examples.map((line) => `  ${line}\n`).join("")}`;
}
