/**
 * RFC 3339 times as Go's `time.Parse` takes them, with its error texts, normalised to UTC.
 *
 * Upstream: Go time.Parse; staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/{time,micro_time}.go @1.36
 */
import { DecodeError } from "./decode-context.ts";

export const TIME_LAYOUT = "2006-01-02T15:04:05Z07:00";
export const MICRO_TIME_LAYOUT = "2006-01-02T15:04:05.000000Z07:00";

const CANONICAL_TIME =
  /^(?!0000|0001)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const FULL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

/** Each piece of the layout with what it takes from the front of the text. */
const PIECES: readonly (readonly [layout: string, takes: RegExp])[] = [
  ["2006", /^\d{4}/],
  ["-", /^-/],
  ["01", /^\d{2}/],
  ["-", /^-/],
  ["02", /^\d{2}/],
  ["T", /^T/],
  ["15", /^\d{2}/],
  [":", /^:/],
  ["04", /^\d{2}/],
  [":", /^:/],
  ["05", /^\d{2}/],
];

/** The text in the canonical form of its layout, null for Go's zero time; throws DecodeError. */
export function normalTime(text: string, layout: string): string | null {
  if (layout === TIME_LAYOUT && CANONICAL_TIME.test(text)) return text;
  const parts = FULL.exec(text);
  if (parts === null) throw new DecodeError(parseError(text, layout));
  const [
    ,
    year = "",
    month = "",
    day = "",
    hour = "",
    minute = "",
    second = "",
    fraction = "",
    zone = "Z",
  ] = parts;
  if (layout === MICRO_TIME_LAYOUT && fraction.length !== 6)
    throw new DecodeError(parseError(text, layout));
  const outOfRange = firstOutOfRange({ year, month, day, hour, minute, second });
  if (outOfRange !== undefined) {
    throw new DecodeError(`parsing time ${JSON.stringify(text)}: ${outOfRange} out of range`);
  }
  const offsetMs = zoneOffsetMs(zone);
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const seconds = new Date(date.getTime() - offsetMs).toISOString().slice(0, 19);
  const micros = fraction.padEnd(6, "0").slice(0, 6);
  if (seconds === "0001-01-01T00:00:00" && (layout === TIME_LAYOUT || micros === "000000"))
    return null;
  return layout === TIME_LAYOUT ? `${seconds}Z` : `${seconds}.${micros}Z`;
}

function zoneOffsetMs(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

function firstOutOfRange(at: {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
}): string | undefined {
  const month = Number(at.month);
  if (month < 1 || month > 12) return "month";
  const days = new Date(Date.UTC(2000 + (Number(at.year) % 400), month, 0)).getUTCDate();
  if (Number(at.day) < 1 || Number(at.day) > days) return "day";
  if (Number(at.hour) > 23) return "hour";
  if (Number(at.minute) > 59) return "minute";
  if (Number(at.second) > 59) return "second";
  return undefined;
}

function parseError(text: string, layout: string): string {
  let rest = text;
  const cannot = (element: string): string =>
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`;
  for (const [element, takes] of PIECES) {
    const taken = takes.exec(rest);
    if (taken === null) return cannot(element);
    rest = rest.slice(taken[0].length);
  }
  if (layout === MICRO_TIME_LAYOUT) {
    if (!/^\.\d{6}/.test(rest)) return cannot(".000000");
    rest = rest.slice(7);
  } else {
    rest = rest.replace(/^[.,]\d+/, "");
  }
  const zone = /^(?:Z|[+-]\d{2}:\d{2})/.exec(rest);
  if (zone === null) return cannot("Z07:00");
  rest = rest.slice(zone[0].length);
  return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
}
