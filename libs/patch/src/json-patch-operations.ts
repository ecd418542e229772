/**
 * The operations of a JSON patch on a document of one's own. They are more lenient than RFC 6902 where upstream's
 * library is: indices may count from the end, a missing key can be replaced and copied (as null), and tested for null.
 *
 * Upstream: gopkg.in/evanphx/json-patch.v4 patch.go
 */
import { type JsonObject, type JsonValue, stringifyJson } from "@kubets/api";
import { cloneJson, isJsonObject, setOwn } from "@kubets/schema";
import { jsonEqual } from "./managed-fields/json-equal.ts";
import { unprocessablePatch } from "./patch-error.ts";

/** What holds the place of a pointer, and its name or index there. */
interface Place {
  readonly holder: JsonObject | JsonValue[];
  readonly key: string;
}

/** Gives the document, which may be another one after the operation; `copied` is told of what copies add. */
export function applyOperation(
  document: JsonValue,
  operation: JsonObject,
  copied: (bytes: number) => void,
): JsonValue {
  const { op } = operation;
  const path = textOf(operation, "path");
  const value = operation.value ?? null;
  switch (op) {
    case "add":
      add(placeOf(document, path), value);
      return document;
    case "remove":
      remove(placeOf(document, path));
      return document;
    case "replace":
      if (path === "") return replaced(value);
      replace(placeOf(document, path), value);
      return document;
    case "test":
      test(path === "" ? document : get(placeOf(document, path)), value);
      return document;
    case "move": {
      const from = placeOf(document, textOf(operation, "from"));
      const moved = get(from);
      remove(from);
      add(placeOf(document, path), moved ?? null);
      return document;
    }
    case "copy": {
      const copy = get(placeOf(document, textOf(operation, "from"))) ?? null;
      const target = placeOf(document, path);
      copied(Buffer.byteLength(stringifyJson(copy)));
      add(target, cloneJson(copy));
      return document;
    }
    default:
      throw unprocessablePatch(`unexpected kind ${stringifyJson(op ?? null)}`);
  }
}

function textOf(operation: JsonObject, field: string): string {
  const text = operation[field];
  if (typeof text !== "string") throw unprocessablePatch(`the operation has no ${field}`);
  return text;
}

function placeOf(document: JsonValue, pointer: string): Place {
  const keys = pointer.split("/").slice(1).map(unescaped);
  const key = keys.pop();
  if (key === undefined) throw unprocessablePatch(`no place ${pointer}`);
  let holder = document;
  for (const step of keys)
    holder = get({ holder: containerOf(holder, pointer), key: step }) ?? null;
  return { holder: containerOf(holder, pointer), key };
}

function unescaped(key: string): string {
  const plain = key.replaceAll("~1", "/").replaceAll("~0", "~");
  if (plain === "__proto__") throw unprocessablePatch("a key that reaches a prototype");
  return plain;
}

function containerOf(value: JsonValue, pointer: string): JsonObject | JsonValue[] {
  if (Array.isArray(value) || isJsonObject(value)) return value;
  throw unprocessablePatch(`the document has no ${pointer}`);
}

/** An index below `size`; a negative one counts from the end. */
function indexOf(key: string, size: number): number {
  const index = /^[+-]?\d{1,15}$/.test(key) ? Number(key) : Number.NaN;
  const fromStart = index < 0 ? index + size : index;
  if (fromStart >= 0 && fromStart < size) return fromStart;
  throw unprocessablePatch(`no index ${key}`);
}

function get({ holder, key }: Place): JsonValue | undefined {
  if (Array.isArray(holder)) return holder[indexOf(key, holder.length)];
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function add({ holder, key }: Place, value: JsonValue): void {
  if (!Array.isArray(holder)) setOwn(holder, key, value);
  else if (key === "-") holder.push(value);
  else holder.splice(indexOf(key, holder.length + 1), 0, value);
}

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(indexOf(key, holder.length), 1);
  else if (Object.hasOwn(holder, key)) delete holder[key];
  else throw unprocessablePatch(`no key ${key}`);
}

function replace({ holder, key }: Place, value: JsonValue): void {
  if (Array.isArray(holder)) holder[indexOf(key, holder.length)] = value;
  else setOwn(holder, key, value);
}

function replaced(value: JsonValue): JsonValue {
  if (Array.isArray(value) || isJsonObject(value)) return value;
  throw unprocessablePatch("a document is an object or a list");
}

function test(found: JsonValue | undefined, value: JsonValue): void {
  if (!jsonEqual(found ?? null, value)) throw unprocessablePatch("the test failed");
}
