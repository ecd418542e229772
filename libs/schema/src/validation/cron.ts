/**
 * Schedules of cron jobs: five fields, or a descriptor such as @hourly.
 *
 * Upstream: github.com/robfig/cron/v3 ParseStandard,
 * pkg/apis/batch/validation/validation.go validateScheduleFormat, validateTimeZone @1.36
 */
import { goQuote } from "./go-quote.ts";
import type { Path } from "./path.ts";
import type { Problems } from "./problems.ts";

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ["", ..."jan feb mar apr may jun jul aug sep oct nov dec".split(" ")];
const DAYS = "sun mon tue wed thu fri sat".split(" ");
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS: readonly string[] = [
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
];
const DURATION =
  /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/;
const NUMBER = /^[+-]?\d{1,15}$/;
/** A part that starts and goes on as file names of the time zone database do. */
const TIME_ZONE = /^[A-Za-z_][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

export function validateCron(schedule: string, at: Path, problems: Problems): void {
  if (schedule === "") return;
  const wrong = cronError(schedule);
  if (wrong !== undefined) problems.invalid(at, schedule, wrong);
}

export function validateTimeZone(zone: string, at: Path, problems: Problems): void {
  if (zone === "") {
    problems.invalid(at, zone, "timeZone must be nil or non-empty string");
  } else if (zone.toLowerCase() === "local") {
    const detail =
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    problems.invalid(at, zone, detail);
  } else if (!isTimeZone(zone)) {
    problems.invalid(at, zone, `unknown time zone ${zone}`);
  }
}

function isTimeZone(zone: string): boolean {
  if (!TIME_ZONE.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    // The only way that the runtime has to say that it knows no such zone.
    return false;
  }
}

/** What is wrong with a schedule. */
function cronError(schedule: string): string | undefined {
  let rest = schedule;
  if (rest.startsWith("TZ=") || rest.startsWith("CRON_TZ=")) {
    const space = rest.indexOf(" ");
    const zone = rest.slice(rest.indexOf("=") + 1, space === -1 ? undefined : space);
    if (!isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
    rest = space === -1 ? "" : rest.slice(space).trim();
  }
  if (rest.startsWith("@")) return descriptorError(rest);
  const fields = rest.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== FIELDS.length) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`;
  }
  for (const [i, bounds] of FIELDS.entries()) {
    for (const part of (fields[i] ?? "").split(",")) {
      const wrong = part === "" ? undefined : rangeError(part, bounds);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

function descriptorError(text: string): string | undefined {
  if (DESCRIPTORS.includes(text)) return undefined;
  const every = "@every ";
  if (!text.startsWith(every)) return `unrecognized descriptor: ${text}`;
  const duration = text.slice(every.length);
  if (DURATION.test(duration) || duration === "0") return undefined;
  return `failed to parse duration ${text}: time: invalid duration ${goQuote(duration)}`;
}

/** One of the forms N, N-M, star and each with /STEP. */
function rangeError(expression: string, bounds: Bounds): string | undefined {
  const [range = "", step, ...moreSteps] = expression.split("/");
  const [low = "", high, ...moreBounds] = range.split("-");
  const isStar = low === "*" || low === "?";
  const from = isStar ? bounds.min : numberOf(low, bounds);
  if (typeof from === "string") return from;
  let to: number | string = isStar ? bounds.max : from;
  if (!isStar && high !== undefined) {
    if (moreBounds.length > 0) return `too many hyphens: ${expression}`;
    to = numberOf(high, bounds);
    if (typeof to === "string") return to;
  }
  let every: number | string = 1;
  if (step !== undefined) {
    if (moreSteps.length > 0) return `too many slashes: ${expression}`;
    every = numberOf(step, { min: 0, max: 0 });
    if (typeof every === "string") return every;
    if (!isStar && high === undefined) to = bounds.max;
  }
  return boundsError({ expression, bounds, from, to, every });
}

interface Range {
  readonly expression: string;
  readonly bounds: Bounds;
  readonly from: number;
  readonly to: number;
  readonly every: number;
}

function boundsError({ expression, bounds, from, to, every }: Range): string | undefined {
  if (from < bounds.min) {
    return `beginning of range (${from}) below minimum (${bounds.min}): ${expression}`;
  }
  if (to > bounds.max) {
    return `end of range (${to}) above maximum (${bounds.max}): ${expression}`;
  }
  if (from > to) {
    return `beginning of range (${from}) beyond end of range (${to}): ${expression}`;
  }
  return every === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

/** The number, or what is wrong with the text. */
function numberOf(text: string, { names }: Bounds): number | string {
  const named = text === "" ? -1 : (names?.indexOf(text.toLowerCase()) ?? -1);
  if (named !== -1) return named;
  if (!NUMBER.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`;
  }
  const value = Number(text);
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}
