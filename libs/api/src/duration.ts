/**
 * Durations as Go writes them ("1h15m30.5s"), in nanoseconds.
 *
 * Upstream: Go time.Duration String, time.ParseDuration
 */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
const SECOND = 1_000_000_000n;
const PART = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const MAX = 2n ** 63n - 1n;

/** Undefined where Go would refuse the text. */
export function parseDuration(text: string): bigint | undefined {
  const negative = text.startsWith("-");
  const body = negative || text.startsWith("+") ? text.slice(1) : text;
  if (body === "0") return 0n;
  if (body === "" || body.length > 256) return undefined;
  let total = 0n;
  PART.lastIndex = 0;
  let position = 0;
  while (position < body.length) {
    PART.lastIndex = position;
    const part = PART.exec(body);
    if (part === null) return undefined;
    const [all, whole = "", fraction = "", unit = ""] = part;
    if (whole === "" && fraction === "") return undefined;
    const scale = UNITS.get(unit) ?? 0n;
    total += BigInt(whole || "0") * scale;
    if (fraction !== "") total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    if (total > MAX) return undefined;
    position += all.length;
  }
  return negative ? -total : total;
}

function withFraction(value: bigint, unit: bigint): string {
  const rest = value % unit;
  if (rest === 0n) return String(value / unit);
  const digits = String(rest).padStart(String(unit).length - 1, "0");
  return `${value / unit}.${digits.replace(/0+$/, "")}`;
}

export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return "0s";
  const sign = nanos < 0n ? "-" : "";
  const value = nanos < 0n ? -nanos : nanos;
  if (value < 1_000n) return `${sign}${value}ns`;
  if (value < 1_000_000n) return `${sign}${withFraction(value, 1_000n)}µs`;
  if (value < SECOND) return `${sign}${withFraction(value, 1_000_000n)}ms`;
  const hours = value / (3_600n * SECOND);
  const minutes = (value / (60n * SECOND)) % 60n;
  const seconds = `${withFraction(value % (60n * SECOND), SECOND)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}
