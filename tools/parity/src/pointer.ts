/** Places in JSON by pointer (RFC 6901 without escapes beyond ~1 and ~0). */
import type { Change, Json, JsonMap } from "./exchange.ts";

const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const pointerKey = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");

/** A copy with the changes made; a place whose parent is missing gets it made. */
export function changed(object: JsonMap, changes: readonly Change[]): JsonMap {
  // By way of text: samples share parts, and a change is of one place.
  const copy = JSON.parse(JSON.stringify(object)) as JsonMap;
  for (const change of changes) {
    const isDrop = "drop" in change;
    const pointer = isDrop ? change.drop : change.set;
    const keys = pointer
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop() ?? "";
    let at: Json = copy;
    for (const key of keys) at = stepInto(at, key);
    if (Array.isArray(at)) {
      if (isDrop) at.splice(Number(last), 1);
      else at[Number(last)] = structuredClone(change.to);
    } else if (isMap(at)) {
      if (isDrop) delete at[last];
      else at[last] = structuredClone(change.to);
    } else {
      throw new TypeError(`no place ${pointer}`);
    }
  }
  return copy;
}

function stepInto(at: Json, key: string): Json {
  if (Array.isArray(at)) return at[Number(key)] ?? null;
  if (!isMap(at)) throw new TypeError(`no place ${key}`);
  let next = at[key];
  if (next === undefined) {
    next = {};
    at[key] = next;
  }
  return next;
}

/** Where two values differ, by pointer: [place, left, right]. */
export function differences(
  left: Json | undefined,
  right: Json | undefined,
  at = "",
): [string, Json | undefined, Json | undefined][] {
  if (isMap(left) && isMap(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].flatMap((key) =>
      differences(left[key], right[key], `${at}/${pointerKey(key)}`),
    );
  }
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length) {
    return left.flatMap((value, index) => differences(value, right[index], `${at}/${index}`));
  }
  return JSON.stringify(left) === JSON.stringify(right) ? [] : [[at, left, right]];
}
