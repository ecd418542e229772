/**
 * Time and MicroTime: RFC 3339 texts in UTC with none and six fraction digits.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/time.go, micro_time.go @1.36
 */
const PATTERN =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

export interface Instant {
  /** Since 1970 in UTC. */
  readonly seconds: number;
  readonly nanos: number;
}

/** Undefined where the text is no RFC 3339 time. */
export function parseInstant(text: string): Instant | undefined {
  const parts = PATTERN.exec(text);
  if (parts === null) return undefined;
  const [, local = "", fraction = "", zone = "Z"] = parts;
  const ms = Date.parse(`${local}${zone}`);
  // Date.parse takes "24:00:00" and days such as February 30th, which Go refuses.
  if (Number.isNaN(ms) || !isCalendarDay(local) || local.slice(11, 13) === "24") return undefined;
  return { seconds: ms / 1000, nanos: fraction === "" ? 0 : Number(fraction.padEnd(9, "0")) };
}

function isCalendarDay(local: string): boolean {
  const day = Number(local.slice(8, 10));
  if (day <= 28) return true;
  const date = new Date(`${local.slice(0, 10)}T00:00:00Z`);
  return date.getUTCDate() === day;
}

/** Milliseconds since 1970 (with the fraction that the text has); undefined where it is no time. */
export function parseTime(text: string): number | undefined {
  const instant = parseInstant(text);
  return instant === undefined ? undefined : instant.seconds * 1000 + instant.nanos / 1e6;
}

/** "2026-01-02T03:04:05Z"; anything finer than a second is cut. */
export function formatTime(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** "2026-01-02T03:04:05.123000Z". */
export function formatMicroTime(ms: number): string {
  const micros = Math.floor(ms * 1000);
  return formatInstantMicros({
    seconds: Math.floor(micros / 1e6),
    nanos: (micros - Math.floor(micros / 1e6) * 1e6) * 1000,
  });
}

export function formatInstantSeconds(instant: Instant): string {
  return `${new Date(instant.seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function formatInstantMicros(instant: Instant): string {
  const micros = String(Math.floor(instant.nanos / 1000)).padStart(6, "0");
  return `${new Date(instant.seconds * 1000).toISOString().slice(0, 19)}.${micros}Z`;
}
