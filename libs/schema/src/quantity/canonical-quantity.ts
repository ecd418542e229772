/**
 * The canonical text of a quantity, as Go writes one back: no fractional digits, the largest suffix that
 * keeps it exact, the family of suffixes (binary, decimal, exponent) it came in.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go ParseQuantity, CanonicalizeBytes @1.36
 */
export type CanonicalQuantity = { readonly text: string } | { readonly error: string };

const FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";
const NUMERIC_ERROR = "unable to parse numeric part of quantity";

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const DECIMAL_SUFFIXES = new Map(
  [...DECIMAL_EXPONENTS].map(([suffix, exponent]) => [exponent, suffix]),
);
const BINARY_SUFFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const NANOS_MAX = (2n ** 63n - 1n) * 10n ** 9n;
const NANOS_PER_UNIT = 10n ** 9n;

/** Quantities repeat; the cache is emptied when a client fills it. */
const CACHE_MAX = 4_096;
const cache = new Map<string, CanonicalQuantity>();

export function canonicalQuantity(text: string): CanonicalQuantity {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const canonical = canonicalise(text);
  if (text.length <= 64) {
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(text, canonical);
  }
  return canonical;
}

/** The value in nano units with its family of suffixes; undefined when it is no quantity. */
export function parseNanos(
  text: string,
): { readonly nanos: bigint; readonly format: Format } | undefined {
  const parsed = parse(text);
  return "error" in parsed ? undefined : parsed;
}

/** The inverse of `parseNanos`, in canonical form. */
export function nanosText(nanos: bigint, format: Format): string {
  return nanos < 0n ? `-${writeNanos(-nanos, format)}` : writeNanos(nanos, format);
}

function canonicalise(text: string): CanonicalQuantity {
  const parsed = parse(text);
  return "error" in parsed ? parsed : { text: nanosText(parsed.nanos, parsed.format) };
}

function parse(
  text: string,
): { readonly nanos: bigint; readonly format: Format } | { readonly error: string } {
  const parts = PATTERN.exec(text);
  if (parts === null) return { error: FORMAT_ERROR };
  const [, sign = "", whole = "", fraction = "", suffix = ""] = parts;
  if (whole === "" && fraction === "") return { error: FORMAT_ERROR };
  if (whole.length + fraction.length > 1_000) return { error: NUMERIC_ERROR };
  const scale = scaleOf(suffix);
  if (scale === undefined) return { error: SUFFIX_ERROR };
  const nanos = toNanos(BigInt(whole + fraction), fraction.length, scale);
  return { nanos: sign === "-" ? -nanos : nanos, format: scale.format };
}

export type Format = "binary" | "decimal" | "exponent";
interface Scale {
  readonly format: Format;
  /** A power of 1024 for binary, of 10 otherwise. */
  readonly exponent: number;
}

function scaleOf(suffix: string): Scale | undefined {
  const decimal = DECIMAL_EXPONENTS.get(suffix);
  if (decimal !== undefined) return { format: "decimal", exponent: decimal };
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary > 0) return { format: "binary", exponent: binary };
  const exponent = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1];
  if (exponent === undefined || Math.abs(Number(exponent)) > 1_000) return undefined;
  return { format: "exponent", exponent: Number(exponent) };
}

/** Anything finer than a nano is rounded up, anything beyond an int64 of units is cut. */
function toNanos(digits: bigint, fractionDigits: number, scale: Scale): bigint {
  let numerator = digits * NANOS_PER_UNIT;
  let denominator = 10n ** BigInt(fractionDigits);
  if (scale.format === "binary") numerator *= 1024n ** BigInt(scale.exponent);
  else if (scale.exponent >= 0) numerator *= 10n ** BigInt(scale.exponent);
  else denominator *= 10n ** BigInt(-scale.exponent);
  const nanos = (numerator + denominator - 1n) / denominator;
  return nanos > NANOS_MAX ? NANOS_MAX : nanos;
}

function writeNanos(nanos: bigint, format: Format): string {
  if (nanos === 0n) return "0";
  const whole = nanos % NANOS_PER_UNIT === 0n;
  if (format === "binary" && whole && nanos >= 1024n * NANOS_PER_UNIT) {
    let units = nanos / NANOS_PER_UNIT;
    let power = 0;
    while (power < BINARY_SUFFIXES.length - 1 && units % 1024n === 0n) {
      units /= 1024n;
      power++;
    }
    return `${units}${BINARY_SUFFIXES[power] ?? ""}`;
  }
  let number = nanos;
  let exponent = -9;
  while (number % 1000n === 0n && (format === "exponent" || exponent < 18)) {
    number /= 1000n;
    exponent += 3;
  }
  if (format === "exponent") return exponent === 0 ? `${number}` : `${number}e${exponent}`;
  return `${number}${DECIMAL_SUFFIXES.get(exponent) ?? ""}`;
}
