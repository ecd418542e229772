/** Wall-clock time in a time zone. */
export interface WallTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

export interface TimeZone {
  readonly name: string;
  wallTime(ms: number): WallTime;
  /** The moment as RFC 3339 writes it, with the zone's offset. */
  format(ms: number): string;
  /** The first instant of that day in the zone; days beyond the month's end run into the next one. */
  startOfDay(year: number, month: number, day: number): number;
}

const MINUTE_MS = 60_000;
const known = new Map<string, TimeZone | undefined>();
const KNOWN_MAX = 1_000;

/** Undefined where nobody knows the zone. `name`: from the IANA list. */
export function timeZone(name: string): TimeZone | undefined {
  if (!known.has(name)) {
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(name, makeZone(name));
  }
  return known.get(name);
}

function makeZone(name: string): TimeZone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const wallTime = (ms: number): WallTime => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return {
      year: part("year"),
      month: part("month"),
      day: part("day"),
      hour: part("hour"),
      minute: part("minute"),
    };
  };
  const offsetMs = (ms: number): number => {
    const { year, month, day, hour, minute } = wallTime(ms);
    return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  };
  return {
    name,
    wallTime,
    format: (ms) => formatWithOffset(ms, offsetMs(ms)),
    startOfDay(year, month, day) {
      const wall = Date.UTC(year, month - 1, day);
      // The offset before may differ from the one after: midnight may be skipped or come twice.
      const before = wall - offsetMs(wall - 24 * 60 * MINUTE_MS);
      if (before + offsetMs(before) >= wall) return before;
      return wall - offsetMs(wall + 24 * 60 * MINUTE_MS);
    },
  };
}

function formatWithOffset(ms: number, offsetMs: number): string {
  const wall = new Date(ms + offsetMs).toISOString().slice(0, "2026-01-01T00:00:00".length);
  if (offsetMs === 0) return `${wall}Z`;
  const minutes = Math.abs(offsetMs) / MINUTE_MS;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${wall}${offsetMs < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
