/**
 * Schedules as CronJobs write them: five fields, `@hourly` and its like, `@every 1h30m`.
 *
 * Upstream: github.com/robfig/cron/v3 ParseStandard, SpecSchedule.Next
 */
import { parseDuration } from "@kubets/api";
import { type TimeZone, timeZone } from "./time-zone.ts";

export interface Schedule {
  /** The first time after `ms`; undefined when there is none within five years. */
  next(ms: number): number | undefined;
}

export class ScheduleError extends Error {
  readonly code = "unparseable";
  constructor(message: string) {
    super(message);
    this.name = "ScheduleError";
  }
}

interface Field {
  readonly values: ReadonlySet<number>;
  /** Nothing but `*` or `?`: says nothing about the day. */
  readonly isStar: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEARS_MAX = 5;
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WEEKDAYS = "sun mon tue wed thu fri sat".split(" ");
const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** `zone`: where the fields are wall-clock times, unless the text begins with `TZ=…`. Throws ScheduleError. */
export function parseSchedule(text: string, zone: TimeZone): Schedule {
  if (text === "") throw new ScheduleError("empty spec string");
  const prefix = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/s.exec(text);
  if (prefix !== null) {
    const [, name = "", rest = ""] = prefix;
    const own = timeZone(name);
    if (own === undefined) {
      throw new ScheduleError(`provided bad location ${name}: unknown time zone ${name}`);
    }
    return parseSchedule(rest, own);
  }
  if (text.startsWith("@every ")) return every(text, text.slice("@every ".length));
  if (text.startsWith("@")) {
    const fields = DESCRIPTORS[text];
    if (fields === undefined) throw new ScheduleError(`unrecognized descriptor: ${text}`);
    return parseSchedule(fields, zone);
  }
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) {
    throw new ScheduleError(
      `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`,
    );
  }
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  return calendar(
    {
      minute: parseField(minute, { min: 0, max: 59, names: [] }),
      hour: parseField(hour, { min: 0, max: 23, names: [] }),
      day: parseField(day, { min: 1, max: 31, names: [] }),
      month: parseField(month, { min: 1, max: 12, names: MONTHS }),
      weekday: parseField(weekday, { min: 0, max: 6, names: WEEKDAYS }),
    },
    zone,
  );
}

/** Counted from whole seconds; less than a second is one. */
function every(text: string, duration: string): Schedule {
  const nanos = parseDuration(duration);
  if (nanos === undefined) throw new ScheduleError(`failed to parse duration ${text}`);
  const wholeMs = Math.max(1000, Number(nanos / 1_000_000_000n) * 1000);
  return { next: (ms) => Math.floor(ms / 1000) * 1000 + wholeMs };
}

interface Fields {
  readonly minute: Field;
  readonly hour: Field;
  readonly day: Field;
  readonly month: Field;
  readonly weekday: Field;
}

function calendar(fields: Fields, zone: TimeZone): Schedule {
  return {
    next(ms) {
      let at = Math.floor(ms / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      const lastYear = zone.wallTime(at).year + YEARS_MAX;
      for (;;) {
        const { year, month, day, hour, minute } = zone.wallTime(at);
        if (year > lastYear) return undefined;
        if (!fields.month.values.has(month)) at = zone.startOfDay(year, month + 1, 1);
        else if (!isDay(fields, year, month, day)) at = zone.startOfDay(year, month, day + 1);
        else if (!fields.hour.values.has(hour)) at += HOUR_MS - minute * MINUTE_MS;
        else if (!fields.minute.values.has(minute)) at += MINUTE_MS;
        else return at;
      }
    },
  };
}

/** When both the day and the weekday say something, one of them is enough. */
function isDay({ day, weekday }: Fields, year: number, month: number, date: number): boolean {
  const isDate = day.values.has(date);
  const isWeekday = weekday.values.has(new Date(Date.UTC(year, month - 1, date)).getUTCDay());
  return day.isStar || weekday.isStar ? isDate && isWeekday : isDate || isWeekday;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

function parseField(text: string, bounds: Bounds): Field {
  const values = new Set<number>();
  let isStar = false;
  for (const part of text.split(",")) {
    const range = parseRange(part, bounds);
    for (let value = range.first; value <= range.last; value += range.step) values.add(value);
    isStar ||= range.isStar;
  }
  return { values, isStar };
}

/** `*`, `5`, `1-5`, each with `/step`; `5/10` runs from 5 to the end. */
function parseRange(text: string, bounds: Bounds) {
  const [range = "", stepText, ...more] = text.split("/");
  if (more.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  const [low = "", high, ...rest] = range.split("-");
  if (rest.length > 0) throw new ScheduleError(`too many hyphens: ${text}`);
  const isAny = low === "*" || low === "?";
  const first = isAny ? bounds.min : parseValue(low, bounds);
  let last = first;
  if (isAny) last = bounds.max;
  else if (high !== undefined) last = parseValue(high, bounds);
  else if (stepText !== undefined) last = bounds.max;
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  if (first < bounds.min) {
    throw new ScheduleError(`beginning of range (${first}) below minimum (${bounds.min}): ${text}`);
  }
  if (last > bounds.max) {
    throw new ScheduleError(`end of range (${last}) above maximum (${bounds.max}): ${text}`);
  }
  if (first > last) {
    throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${text}`);
  }
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
  return { first, last, step, isStar: isAny && step === 1 };
}

function parseValue(text: string, { min, names }: Bounds): number {
  const named = names.indexOf(text.toLowerCase());
  return named >= 0 ? named + min : parseNumber(text);
}

function parseNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new ScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}
