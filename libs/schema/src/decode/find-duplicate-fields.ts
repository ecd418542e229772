/**
 * Keys that stand twice in one JSON object. JSON.parse keeps the last one without a word, so the text itself is
 * read once more, only when the client asked for strict or warning field validation.
 *
 * Upstream: sigs.k8s.io/json DisallowDuplicateFields
 */
import type { FieldType, SchemaTable, TypeSchema } from "@kubets/api";

const PROBLEMS_MAX = 100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** What stands below a key: a typed value, or something whose keys the server does not look at. */
type Below = { readonly of: FieldType } | { readonly struct: TypeSchema } | "untyped" | "skipped";

interface Level {
  readonly seen: Set<string> | undefined;
  readonly below: Below;
  readonly path: string;
  key: string;
  index: number;
}

export type FindDuplicateFields = (text: string, type?: TypeSchema) => string[];

/**
 * `duplicate field "spec.x"` for each. With the type, only keys that the type knows count, and raw values are
 * not looked into. The text must be valid JSON.
 */
export function createFindDuplicateFields(table: SchemaTable): FindDuplicateFields {
  return (text, type) => {
    const problems: string[] = [];
    const levels: Level[] = [];
    const root: Below = type === undefined ? "untyped" : { struct: type };
    let expectKey = false;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const level = levels.at(-1);
      switch (code) {
        case OPEN_BRACE:
        case OPEN_BRACKET: {
          const isObject = code === OPEN_BRACE;
          const below = level === undefined ? root : childOf(level, isObject, table);
          const seen = isObject && below !== "skipped" ? new Set<string>() : undefined;
          levels.push({ seen, below, path: pathOf(level), key: "", index: isObject ? -1 : 0 });
          expectKey = isObject;
          break;
        }
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          levels.pop();
          expectKey = false;
          break;
        case 0x2c: // ,
          if (level !== undefined && level.index >= 0) level.index++;
          else expectKey = true;
          break;
        case QUOTE: {
          const end = endOfString(text, at);
          if (expectKey && level !== undefined) {
            level.key = keyText(text, at, end);
            expectKey = false;
            if (isDuplicate(level) && problems.length < PROBLEMS_MAX) {
              const problem = `duplicate field ${JSON.stringify(pathOf(level))}`;
              if (!problems.includes(problem)) problems.push(problem);
            }
          }
          at = end;
          break;
        }
      }
    }
    return problems;
  };
}

function isDuplicate(level: Level): boolean {
  const { below, key, seen } = level;
  if (seen === undefined) return false;
  if (
    typeof below === "object" &&
    "struct" in below &&
    !below.struct.fields.some((f) => f.json === key)
  ) {
    return false;
  }
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

function childOf(level: Level, isObject: boolean, table: SchemaTable): Below {
  const { below } = level;
  if (below === "skipped" || below === "untyped") return below;
  if ("struct" in below) {
    const field = below.struct.fields.find((candidate) => candidate.json === level.key);
    return field === undefined ? "skipped" : typed(field.type, isObject, table);
  }
  return below.of.kind === "list" || below.of.kind === "map"
    ? typed(below.of.elem, isObject, table)
    : "skipped";
}

function typed(type: FieldType, isObject: boolean, table: SchemaTable): Below {
  if (type.kind === "message" && isObject) {
    const struct = table.type(type.ref);
    return struct === undefined ? "skipped" : { struct };
  }
  return type.kind === "list" || type.kind === "map" ? { of: type } : "skipped";
}

function pathOf(level: Level | undefined): string {
  if (level === undefined) return "";
  if (level.index >= 0) return `${level.path}[${level.index}]`;
  return level.path === "" ? level.key : `${level.path}.${level.key}`;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return at;
}

function keyText(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes("\\")) return raw;
  const parsed: unknown = JSON.parse(text.slice(start, end + 1));
  return typeof parsed === "string" ? parsed : raw;
}
