import type { JsonValue } from "@kubets/api";

/** A value as Go's "%+v" prints it: what upstream repeats of a strategic merge patch. Keys are sorted. */
export function goMapText(value: JsonValue): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goMapText).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goMapText(value[key] ?? null)}`);
  return `map[${fields.join(" ")}]`;
}
