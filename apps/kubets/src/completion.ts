/** Completion scripts for shells, made of the program's own commands and options. Pure. */
import type { Command } from "commander";

export interface CommandDescription {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionDescription[];
  readonly commands: readonly CommandDescription[];
}

export interface OptionDescription {
  /** `--output`, `-o`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** What a command tells a shell: its visible subcommands and options. */
export function describeCommand(command: Command): CommandDescription {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map((option) => ({
      names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
      description: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    commands: help.visibleCommands(command).map(describeCommand),
  };
}

export function completionScript(
  shell: "bash" | "zsh" | "fish",
  program: CommandDescription,
): string {
  if (shell === "fish") return fishScript(program);
  // zsh runs bash's completion functions, so both shells offer the same.
  return shell === "zsh"
    ? `#compdef ${program.name}\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`
    : bashScript(program);
}

/** Every command with the words that lead to it: [[], ["node"], ["node", "add"], …]. */
function flatten(
  command: CommandDescription,
  path: readonly string[] = [],
): { readonly path: readonly string[]; readonly command: CommandDescription }[] {
  return [
    { path, command },
    ...command.commands.flatMap((child) => flatten(child, [...path, child.name])),
  ];
}

/** Names of clusters come from the program itself, while the user types. */
const takesCluster = (option: OptionDescription) => option.names.includes("--name");
const takesFile = (option: OptionDescription) =>
  option.names.some((name) => ["--config", "--kubeconfig"].includes(name));

function bashScript(program: CommandDescription): string {
  const commands = flatten(program);
  const words = commands.map(({ path, command }) => {
    const offered = [
      ...command.commands.map(({ name }) => name),
      ...command.options.flatMap(({ names }) => names),
    ];
    return `    "${path.join(" ")}") words="${offered.join(" ")}" ;;`;
  });
  const options = commands.flatMap(({ command }) => command.options);
  const values = new Map<string, string>();
  for (const option of options.filter(({ takesValue }) => takesValue)) {
    for (const name of option.names) {
      values.set(name, valuesFor(option, program.name));
    }
  }
  const cases = [...values].map(([name, line]) => `    ${name}) ${line}; return ;;`);
  const paths = commands
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => `"${path.join(" ")}"`);
  return `_${program.name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words=""
  COMPREPLY=()
  case "$previous" in
${cases.join("\n")}
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths.join("|")}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _${program.name} ${program.name}`;
}

function valuesFor(option: OptionDescription, program: string): string {
  if (takesCluster(option)) {
    return `COMPREPLY=($(compgen -W "$(${program} list 2>/dev/null)" -- "$current"))`;
  }
  if (takesFile(option)) return 'COMPREPLY=($(compgen -f -- "$current"))';
  return `COMPREPLY=($(compgen -W "${option.choices.join(" ")}" -- "$current"))`;
}

function fishScript(program: CommandDescription): string {
  const lines = [`complete -c ${program.name} -f`];
  for (const { path, command } of flatten(program)) {
    const condition = fishCondition(path, command);
    for (const child of command.commands) {
      lines.push(
        `complete -c ${program.name} -n ${condition} -a ${child.name} -d ${quote(child.description)}`,
      );
    }
    for (const option of command.options) {
      const names = option.names.map((name) =>
        name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const value = takesCluster(option)
        ? ` -x -a "(${program.name} list)"`
        : takesFile(option)
          ? " -r -F"
          : option.choices.length > 0
            ? ` -x -a ${quote(option.choices.join(" "))}`
            : option.takesValue
              ? " -x"
              : "";
      lines.push(
        `complete -c ${program.name} -n ${condition} ${names.join(" ")}${value} -d ${quote(option.description)}`,
      );
    }
  }
  return lines.join("\n");
}

function fishCondition(path: readonly string[], command: CommandDescription): string {
  if (path.length === 0) return "__fish_use_subcommand";
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const children = command.commands.map(({ name }) => name).join(" ");
  const none = children === "" ? [] : [`not __fish_seen_subcommand_from ${children}`];
  return quote([...seen, ...none].join("; and "));
}

const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
