/** Equality of JSON values; the order of an object's keys does not count. */
import type { JsonValue } from "@kubets/api";

export function jsonEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) {
      if (!jsonEqual(a[i] ?? null, b[i] ?? null)) return false;
    }
    return true;
  }
  if (Array.isArray(b)) return false;
  let count = 0;
  for (const key in a) {
    const ours = a[key];
    if (ours === undefined) continue;
    if (!Object.hasOwn(b, key)) return false;
    const theirs = b[key];
    if (theirs === undefined || !jsonEqual(ours, theirs)) return false;
    count++;
  }
  for (const key in b) if (b[key] !== undefined) count--;
  return count === 0;
}
