import type { ObjectKey } from "./storage.ts";

/**
 * Order of texts by their UTF-8 bytes, as `COLLATE "C"` has it. JavaScript compares UTF-16 units,
 * which differs for characters beyond U+FFFF only.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codeUnitRank(x) - codeUnitRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters behind every other one. */
function codeUnitRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Order of objects of one resource: by namespace, then by name. */
export function compareNames(
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

export function compareKeys(a: ObjectKey, b: ObjectKey): number {
  return compareText(a.group, b.group) || compareText(a.resource, b.resource) || compareNames(a, b);
}

/** One text per key, for maps. Storable keys have no NUL, so no two keys share a text. */
export function keyText(key: ObjectKey): string {
  return `${key.group}\0${key.resource}\0${key.namespace}\0${key.name}`;
}
