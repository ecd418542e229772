/**
 * One step of a path in a field set: `f:name`, `k:{"name":"a"}`, `v:"x"`, `i:0`. The texts themselves are the
 * elements everywhere; they are taken apart only to be checked, compared for order or shown.
 *
 * Upstream: structured-merge-diff fieldpath/{element,serialize-pe}.go
 */
import { type JsonObject, type JsonValue, stringifyJson } from "@kubets/api";

/** What a list is keyed by, sorted by name. */
export interface ListKeys {
  readonly keys: readonly { readonly name: string; readonly fallback: JsonValue | undefined }[];
}

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: JsonValue): string {
  return `v:${stringifyJson(value)}`;
}

/** Undefined where the item lacks a key that has no default. */
export function keyElement(kind: ListKeys, item: JsonObject): string | undefined {
  let text = "k:{";
  for (const { name, fallback } of kind.keys) {
    const value = item[name] ?? fallback;
    if (value === undefined || value === null) return undefined;
    text += `${text.length > 3 ? "," : ""}${JSON.stringify(name)}:${stringifyJson(value)}`;
  }
  return `${text}}`;
}

/** Whether a client's text is a path element. */
export function isPathElement(text: string): boolean {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return true;
    case "v:":
      return parsed(rest) !== undefined;
    case "k:": {
      const key = parsed(rest);
      return typeof key === "object" && key !== null && !Array.isArray(key);
    }
    case "i:":
      return /^-?\d{1,15}$/.test(rest);
    default:
      return false;
  }
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The element as conflicts show it: `.spec`, `[name="a"]`, `[="x"]`, `[0]`. */
export function showElement(element: string): string {
  const rest = element.slice(2);
  switch (element.slice(0, 2)) {
    case "f:":
      return `.${rest}`;
    case "v:":
      return `[=${rest}]`;
    case "k:": {
      const key = parsed(rest) ?? {};
      const parts = Object.entries(key).map(([name, value]) => `${name}=${stringifyJson(value)}`);
      return `[${parts.join(",")}]`;
    }
    default:
      return `[${rest}]`;
  }
}

const ORDER = ["f:", "k:", "v:", "i:"];

/** Names first, then keys, values and positions, each by text. */
export function compareElements(a: string, b: string): number {
  const byKind = ORDER.indexOf(a.slice(0, 2)) - ORDER.indexOf(b.slice(0, 2));
  if (byKind !== 0) return byKind;
  return a < b ? -1 : a > b ? 1 : 0;
}
