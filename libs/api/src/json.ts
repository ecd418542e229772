import { JsonSyntaxError, jsonSyntaxError } from "./json-syntax-error.ts";
import type { JsonValue } from "./object.ts";
import { setOwnKey } from "./own-key.ts";

/** Upstream: Go encoding/json maxNestingDepth. */
export const JSON_DEPTH_MAX = 10_000;

/** Depth costs an opening and a closing byte, so a shorter text cannot be too deep. */
const SHALLOW_LENGTH = 2 * JSON_DEPTH_MAX;

/** Sixteen digits in a row can be beyond 2^53; what only looks so (inside a string) costs time only. */
const MANY_DIGITS = /(?:^|[:,[\s])-?\d{16}/;
/** Strings and numbers, each as a whole. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/gs;
const LARGE_INTEGER = /^-?\d{16,}$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads a JSON text. Integers beyond 2^53 come as bigint, which `stringifyJson` writes back; a key named
 * `__proto__` is a key like any other. Throws JsonSyntaxError with Go's text.
 */
export function parseJson(bytes: Uint8Array): JsonValue {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return parseJsonText(buffer.toString("utf8"));
}

export function parseJsonText(text: string): JsonValue {
  if (text.length > SHALLOW_LENGTH && isTooDeep(text)) {
    throw new JsonSyntaxError("exceeded max depth");
  }
  try {
    if (MANY_DIGITS.test(text)) return parseExactly(text);
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) throw jsonSyntaxError(text);
    throw error;
  }
}

/** The position of the quote that ends a string, or -1. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return -1;
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i + 1);
      if (i < 0) return false;
      // "[" and "{", "]" and "}"
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > JSON_DEPTH_MAX) return true;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}

type Container = { [key: string]: JsonValue } | JsonValue[];

function isContainer(value: JsonValue | undefined): value is Container {
  return typeof value === "object" && value !== null;
}

/**
 * Reads the text twice, once with the large integers in quotes, and puts a bigint wherever one reading has a
 * number and the other a string.
 */
function parseExactly(text: string): JsonValue {
  const value = JSON.parse(text) as JsonValue;
  const quoted = text.replace(TOKENS, (token) =>
    LARGE_INTEGER.test(token) ? `"${token}"` : token,
  );
  if (quoted === text) return value;
  const holder: JsonValue[] = [value];
  const pending: (readonly [Container, Container])[] = [
    [holder, [JSON.parse(quoted) as JsonValue]],
  ];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const node = pair[0] as { [key: string]: JsonValue };
    const twin = pair[1] as { [key: string]: JsonValue };
    for (const key of Object.keys(node)) {
      const child = node[key];
      const other = twin[key];
      if (isContainer(child) && isContainer(other)) {
        pending.push([child, other]);
      } else if (typeof child === "number" && typeof other === "string") {
        if (!Number.isSafeInteger(child))
          setOwnKey(node, key, BigInt(other) as unknown as JsonValue);
      }
    }
  }
  return holder[0] ?? null;
}

/** What was read is put into lists and events; far beyond that a value contains itself. */
const WRITTEN_DEPTH_MAX = 2 * JSON_DEPTH_MAX;

interface Frame {
  readonly keys: readonly string[] | undefined;
  readonly container: Container;
  next: number;
}

/** As JSON.stringify, for plain data with bigint in it; keeps its own stack, since depth is a client's choice. */
function stringifyExactly(root: JsonValue): string {
  const frames: Frame[] = [];
  let text = "";
  const write = (value: JsonValue) => {
    if (typeof (value as unknown) === "bigint") text += String(value);
    else if (isContainer(value)) {
      const keys = Array.isArray(value)
        ? undefined
        : Object.keys(value).filter((key) => value[key] !== undefined);
      text += keys === undefined ? "[" : "{";
      if (frames.length > WRITTEN_DEPTH_MAX) throw new TypeError("the value contains itself");
      frames.push({ keys, container: value, next: 0 });
    } else text += JSON.stringify(value ?? null);
  };
  write(root);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const { keys, container } = frame;
    const index = frame.next++;
    if (index >= (keys ?? (container as JsonValue[])).length) {
      text += keys === undefined ? "]" : "}";
      frames.pop();
      continue;
    }
    if (index > 0) text += ",";
    const key = keys?.[index];
    if (key === undefined) {
      write((container as JsonValue[])[index] ?? null);
    } else {
      text += `${JSON.stringify(key)}:`;
      write((container as { [key: string]: JsonValue })[key] ?? null);
    }
  }
  return text;
}

/** Writes what `parseJson` gives, bigint included. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // The TypeError of plain data says that a bigint stands in it, the RangeError that it is deep.
    if (error instanceof TypeError || error instanceof RangeError)
      return stringifyExactly(value as JsonValue);
    throw error;
  }
}
