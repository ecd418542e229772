/**
 * Go's duration texts ("15s", "1h30m", "1.5ms"), as upstream's flags take and show them.
 *
 * Upstream: Go's time.ParseDuration and Duration.String
 */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Milliseconds, or undefined when the text is not a duration. A bare "0" is one; other bare numbers are not. */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith("-");
  const body = negative || text.startsWith("+") ? text.slice(1) : text;
  if (body === "0") return 0;
  if (body === "") return undefined;
  let totalMs = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < body.length) {
    const part = PART.exec(body);
    if (part === null) return undefined;
    totalMs += Number(part[1]) * (UNIT_MS[part[2] ?? ""] ?? Number.NaN);
  }
  if (!Number.isFinite(totalMs)) return undefined;
  return negative ? -totalMs : totalMs;
}

/** The shortest of Go's forms that means the same: "1h30m0s", "15s", "250ms", "0s". */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  const sign = durationMs < 0 ? "-" : "";
  const absoluteMs = Math.abs(durationMs);
  if (absoluteMs < 1e-3) return `${sign}${trim(absoluteMs * 1e6)}ns`;
  if (absoluteMs < 1) return `${sign}${trim(absoluteMs * 1e3)}µs`;
  if (absoluteMs < 1_000) return `${sign}${trim(absoluteMs)}ms`;
  const hours = Math.floor(absoluteMs / 3_600_000);
  const minutes = Math.floor((absoluteMs % 3_600_000) / 60_000);
  const seconds = `${trim((absoluteMs % 60_000) / 1_000)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(9)));
}
