/**
 * A text that two equal values share: keys sorted, absent and null alike, empty lists and maps left out as Go's
 * semantic equality does. Hashes and comparisons of templates are made on it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(canonical(value)) ?? "null";
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const sorted: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined || inner === null) continue;
    if (Array.isArray(inner) && inner.length === 0) continue;
    sorted.push([key, canonical(inner)]);
  }
  sorted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(sorted);
}

/** Upstream: k8s.io/apimachinery/pkg/api/equality Semantic.DeepEqual @1.36 */
export function isSemanticallyEqual(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}
