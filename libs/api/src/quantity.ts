/**
 * Quantities such as "500m", "1.5Gi" and "1e3": exact numbers with a family of suffixes. In objects they are
 * their text; calculation uses whole nano units, since nothing finer survives parsing.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go ParseQuantity, CanonicalizeBytes @1.36
 */
export type QuantityFormat = "BinarySI" | "DecimalSI" | "DecimalExponent";

export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** The text is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "QuantityError";
  }
}

const FORMAT_WRONG =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMERIC_WRONG = "unable to parse numeric part of quantity";
const SUFFIX_WRONG = "unable to parse quantity's suffix";

const NANOS = 1_000_000_000n;
const NANOS_PER_MILLI = 1_000_000n;
/** A binary quantity is cut at the largest int64. */
const BINARY_MAX = (2n ** 63n - 1n) * NANOS;
/** Exponents and digits beyond this serve nobody and would cost memory without bound. */
const DIGITS_MAX = 1_000;

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
const DECIMAL_SUFFIXES: ReadonlyMap<number, string> = new Map(
  [...DECIMAL_EXPONENTS].map(([suffix, exponent]) => [exponent, suffix]),
);
const BINARY_SUFFIXES: readonly string[] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const PATTERN = /^([+-]?)(\d*)(\.?)(\d*)([eEinumkKMGTP]*(?:[-+]?\d+|[-+])?)$/;

interface Parsed extends Quantity {
  /** What Go prints: the text as it came where it looks canonical, else the canonical form. */
  readonly text: string;
}

/** Quantities repeat a lot; the cache is emptied when it is full. */
const CACHE_MAX = 8_192;
const CACHED_LENGTH_MAX = 32;
const cache = new Map<string, Parsed>();

function parse(text: string): Parsed {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const parsed = parseUncached(text);
  if (text.length <= CACHED_LENGTH_MAX) {
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(text, parsed);
  }
  return parsed;
}

interface Suffix {
  readonly format: QuantityFormat;
  /** Of 2 in binary, of 10 otherwise. */
  readonly exponent: number;
}

function interpretSuffix(suffix: string): Suffix {
  const decimal = DECIMAL_EXPONENTS.get(suffix);
  if (decimal !== undefined) return { format: "DecimalSI", exponent: decimal };
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary > 0) return { format: "BinarySI", exponent: binary * 10 };
  const exponent = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1];
  if (exponent === undefined) throw new QuantityError(SUFFIX_WRONG);
  const value = Number(exponent);
  if (Math.abs(value) > DIGITS_MAX) throw new QuantityError(SUFFIX_WRONG);
  return { format: "DecimalExponent", exponent: value };
}

function parseUncached(text: string): Parsed {
  if (text === "0") return { nanos: 0n, format: "DecimalSI", text };
  const parts = PATTERN.exec(text);
  if (parts === null || text === "") throw new QuantityError(FORMAT_WRONG);
  const [, sign = "", whole = "", , fraction = "", suffix = ""] = parts;
  const number = whole.replace(/^0+/, "") || "0";
  if (number.length + fraction.length > DIGITS_MAX) throw new QuantityError(NUMERIC_WRONG);
  const { format, exponent } = interpretSuffix(suffix);
  let numerator = BigInt(number + fraction) * NANOS;
  let denominator = 10n ** BigInt(fraction.length);
  if (format === "BinarySI") numerator <<= BigInt(exponent);
  else if (exponent >= 0) numerator *= 10n ** BigInt(exponent);
  else denominator *= 10n ** BigInt(-exponent);
  let nanos = (numerator + denominator - 1n) / denominator;
  if (format === "BinarySI" && nanos > BINARY_MAX) nanos = BINARY_MAX;
  const quantity = { nanos: sign === "-" ? -nanos : nanos, format };
  const kept = nanos !== 0n && looksCanonical(number, fraction, format, exponent);
  return { ...quantity, text: kept ? text : formatQuantity(quantity) };
}

/** Go keeps the text it read when a quick look finds nothing to improve, and so "1.500" stays. */
function looksCanonical(
  number: string,
  fraction: string,
  format: QuantityFormat,
  exponent: number,
): boolean {
  const digits = number + fraction;
  if (format === "BinarySI") {
    if (fraction !== "") return false;
    const precision = 15 - number.length - Math.trunc((exponent * 3) / 10) - 1;
    return precision >= 0 && (Number(number) & 7) !== 0;
  }
  const scale = exponent - fraction.length;
  if (18 - digits.length < 0 || scale < -9) return false;
  return scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}

/** Throws QuantityError. Numbers are taken as JSON has them. */
export function parseQuantity(value: string | number): Quantity {
  return parse(String(value));
}

/** The text that upstream prints for it. */
export function canonicalQuantity(value: string | number): string {
  return parse(typeof value === "string" ? value.trim() : String(value)).text;
}

/** The canonical form: no fraction, the largest suffix that keeps the value exact. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, format } = quantity;
  if (nanos === 0n) return "0";
  const absolute = nanos < 0n ? -nanos : nanos;
  if (format === "BinarySI" && absolute >= 1024n * NANOS && absolute % NANOS === 0n) {
    let number = nanos / NANOS;
    let power = 0;
    while (power < BINARY_SUFFIXES.length - 1 && number % 1024n === 0n) {
      number /= 1024n;
      power++;
    }
    return `${number}${BINARY_SUFFIXES[power] ?? ""}`;
  }
  let number = nanos;
  let exponent = -9;
  while (number % 1000n === 0n) {
    number /= 1000n;
    exponent += 3;
  }
  if (exponent === 0) return `${number}`;
  const suffix = format === "DecimalExponent" ? undefined : DECIMAL_SUFFIXES.get(exponent);
  return `${number}${suffix ?? `e${exponent}`}`;
}

function roundUp(value: bigint, unit: bigint): bigint {
  const quotient = value / unit;
  if (value % unit === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** In thousandths, away from zero: what CPU is counted in. */
export function quantityMilli(value: string | number): bigint {
  return roundUp(parseQuantity(value).nanos, NANOS_PER_MILLI);
}

/** In whole units, away from zero: what bytes and pods are counted in. */
export function quantityValue(value: string | number): bigint {
  return roundUp(parseQuantity(value).nanos, NANOS);
}

export function compareQuantities(a: string | number, b: string | number): -1 | 0 | 1 {
  const left = parseQuantity(a).nanos;
  const right = parseQuantity(b).nanos;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum in the format of `a`, or of `b` where `a` is zero, as upstream's Add has it. */
export function addQuantities(a: string | number, b: string | number): string {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  const format = left.nanos === 0n ? right.format : left.format;
  return formatQuantity({ nanos: left.nanos + right.nanos, format });
}

export function subtractQuantities(a: string | number, b: string | number): string {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  const format = left.nanos === 0n ? right.format : left.format;
  return formatQuantity({ nanos: left.nanos - right.nanos, format });
}

export function quantityFromMilli(milli: bigint, format: QuantityFormat = "DecimalSI"): string {
  return formatQuantity({ nanos: milli * NANOS_PER_MILLI, format });
}

export function quantityFromValue(value: bigint, format: QuantityFormat = "DecimalSI"): string {
  return formatQuantity({ nanos: value * NANOS, format });
}
