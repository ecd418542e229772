/** The last things a component said before it failed, without what only its authors can read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterPaths } from "./paths.ts";

interface LogLine {
  readonly message?: string;
  readonly error?: { readonly message?: string; readonly cause?: { readonly message?: string } };
}

/** To be put behind a sentence about the component; nothing where it has said nothing. */
export function lastWords({ logs }: Pick<ClusterPaths, "logs">, component: string): string {
  const file = join(logs, `${component.replaceAll(" ", "-")}.log`);
  const hint = existsSync(file) ? logHint(readFileSync(file, "utf8")) : "";
  return hint === "" ? "" : `; the last words of ${component}:\n${hint}`;
}

/** Pure. Each thing once, the newest last. */
export function logHint(log: string, count = 3): string {
  const said = log
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map(readable);
  return [...new Set(said.toReversed())]
    .slice(0, count)
    .toReversed()
    .map((line) => `  ${line}`)
    .join("\n");
}

function readable(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const { message, error } = JSON.parse(line) as LogLine;
    const all = [message, error?.message, error?.cause?.message];
    return all.filter((text) => text !== undefined && text !== "").join(": ");
  } catch {
    // Cut off by the end of a process.
    return line;
  }
}
