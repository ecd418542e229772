/** The differences of two specs, for people: one line for each value, with its path. */
import { type JsonValue, stringifyJson } from "@kubets/api";
import { isJsonObject } from "../../plain-object.ts";
import { semanticEqual } from "../semantic-equal.ts";

const LINES_MAX = 20;
const VALUE_LENGTH_MAX = 200;

export function describeChanges(before: JsonValue, after: JsonValue): string {
  const lines: string[] = [];
  collect({ before, after, path: "" }, lines);
  const shown = lines.slice(0, LINES_MAX);
  if (lines.length > LINES_MAX) shown.push(`  ... and ${lines.length - LINES_MAX} more`);
  return `${shown.join("\n")}\n`;
}

interface Pair {
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
  readonly path: string;
}

function collect({ before, after, path }: Pair, lines: string[]): void {
  if (lines.length > LINES_MAX || semanticEqual(before, after)) return;
  if (isJsonObject(before) && isJsonObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(
        { before: before[key], after: after[key], path: path === "" ? key : `${path}.${key}` },
        lines,
      );
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let i = 0; i < Math.max(before.length, after.length); i++) {
      collect({ before: before[i], after: after[i], path: `${path}[${i}]` }, lines);
    }
  } else {
    lines.push(`  - ${path}: ${shown(before)}`, `  + ${path}: ${shown(after)}`);
  }
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? "nil" : stringifyJson(value).slice(0, VALUE_LENGTH_MAX);
}
