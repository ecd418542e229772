/**
 * The small part of the shell language that simulated containers understand: words with quotes and
 * variables, `&&`, `||`, `;`, and output sent to `/dev/null` or to the other stream. Anything else makes the
 * whole line unsupported, so that nothing is run half.
 */
export interface ShellCommand {
  readonly words: readonly string[];
  /** Where the command's output goes. */
  readonly stdout: "stdout" | "stderr" | "nowhere";
  /** What has to have happened before: "and" success, "or" failure, "then" anything. */
  readonly after: "and" | "or" | "then";
}

export function parseShellLine(
  line: string,
  env: ReadonlyMap<string, string>,
): ShellCommand[] | undefined {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let stdout: ShellCommand["stdout"] = "stdout";
  let after: ShellCommand["after"] = "then";
  let word: string | undefined;
  let at = 0;

  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (next: ShellCommand["after"]) => {
    endWord();
    if (words.length > 0) commands.push({ words, stdout, after });
    words = [];
    stdout = "stdout";
    after = next;
  };
  const variable = (): string | undefined => {
    const match = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(line.slice(at));
    if (match === null) return undefined;
    at += match[0].length;
    return env.get(match[1] ?? match[2] ?? "") ?? "";
  };

  while (at < line.length) {
    const rest = line.slice(at);
    const char = rest.charAt(0);
    const redirect = /^1?>\s*(&2|\/dev\/stderr|\/dev\/null)/.exec(rest);
    if (redirect !== null && (word === undefined || char === ">")) {
      stdout = redirect[1] === "/dev/null" ? "nowhere" : "stderr";
      at += redirect[0].length;
    } else if (/^2>\s*(&1|\/dev\/null)/.test(rest) && word === undefined) {
      at += /^2>\s*(&1|\/dev\/null)/.exec(rest)?.[0].length ?? 1;
    } else if (rest.startsWith("&&")) {
      endCommand("and");
      at += 2;
    } else if (rest.startsWith("||")) {
      endCommand("or");
      at += 2;
    } else if (char === ";" || char === "\n") {
      endCommand("then");
      at += 1;
    } else if (/\s/.test(char)) {
      endWord();
      at += 1;
    } else if (char === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) return undefined;
      word = (word ?? "") + line.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"') {
      at += 1;
      word ??= "";
      while (at < line.length && line.charAt(at) !== '"') {
        if (line.charAt(at) === "`" || line.startsWith("$(", at)) return undefined;
        if (line.charAt(at) === "$") {
          const value = variable();
          if (value !== undefined) {
            word += value;
            continue;
          }
        }
        if (line.charAt(at) === "\\") at += 1;
        word += line.charAt(at);
        at += 1;
      }
      if (at >= line.length) return undefined;
      at += 1;
    } else if (char === "\\") {
      word = (word ?? "") + line.charAt(at + 1);
      at += 2;
    } else if (char === "$") {
      const value = variable();
      if (value === undefined) return undefined;
      word = (word ?? "") + value;
    } else if (UNSUPPORTED_CHARS.has(char)) {
      return undefined;
    } else {
      word = (word ?? "") + char;
      at += 1;
    }
  }
  endCommand("then");
  return commands.some((command) => KEYWORDS.has(command.words[0] ?? "")) ? undefined : commands;
}

const UNSUPPORTED_CHARS: ReadonlySet<string> = new Set("|&<>()`{}*?[]!#");
const KEYWORDS: ReadonlySet<string> = new Set([
  "while",
  "until",
  "for",
  "if",
  "case",
  "do",
  "done",
  "then",
  "trap",
  "exec",
]);
