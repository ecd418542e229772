import { describe, expect, it } from "vitest";
import { parseSchedule } from "./schedule.ts";
import { timeZone } from "./time-zone.ts";

const zone = (name: string) => {
  const found = timeZone(name);
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
};
const next = (text: string, after: string, zoneName = "UTC") => {
  const ms = parseSchedule(text, zone(zoneName)).next(Date.parse(after));
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19);
};

describe("the next time of a schedule", () => {
  it.each([
    ["* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00"],
    ["* * * * *", "2026-01-01T00:00:59Z", "2026-01-01T00:01:00"],
    ["*/15 * * * *", "2026-01-01T00:50:00Z", "2026-01-01T01:00:00"],
    ["5/20 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:25:00"],
    ["0 9-17/4 * * *", "2026-01-01T09:00:00Z", "2026-01-01T13:00:00"],
    ["30 8 * * 1-5", "2026-01-02T09:00:00Z", "2026-01-05T08:30:00"],
    ["0 0 * * sun", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00"],
    ["0 0 13 * fri", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00"],
    ["0 0 */2 * fri", "2026-01-03T00:00:00Z", "2026-01-05T00:00:00"],
    ["0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00"],
    ["0 0 31 2 *", "2026-01-01T00:00:00Z", undefined],
    ["0,30 1,2 ? * ?", "2026-01-01T01:10:00Z", "2026-01-01T01:30:00"],
    ["@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00"],
    ["@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00"],
    ["@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00"],
    ["@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00"],
    ["@every 1h30m", "2026-01-01T00:00:10Z", "2026-01-01T01:30:10"],
    ["@every 10ms", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01"],
    ["TZ=Asia/Tokyo 0 9 * * *", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00"],
  ])("%s after %s", (text, after, expected) => {
    expect(next(text, after)).toBe(expected);
  });
  it.each([
    ["summer time", "0 9 * * *", "2026-07-01T07:00:01Z", "2026-07-02T07:00:00"],
    ["winter time", "0 9 * * *", "2026-01-01T08:00:01Z", "2026-01-02T08:00:00"],
    ["a skipped hour is left out", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00"],
    ["a repeated hour comes twice", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00"],
    ["midnight after the change", "0 0 * * *", "2026-03-29T12:00:00Z", "2026-03-29T22:00:00"],
  ])("in Berlin: %s", (_, text, after, expected) => {
    expect(next(text, after, "Europe/Berlin")).toBe(expected);
  });
  it.each([
    ["", "empty spec string"],
    ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
    ["60 * * * *", "end of range (60) above maximum (59): 60"],
    ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
    ["* * * * 7", "end of range (7) above maximum (6): 7"],
    ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
    ["*/0 * * * *", "step of range should be a positive number: */0"],
    ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ["@often", "unrecognized descriptor: @often"],
    ["@every soon", "failed to parse duration @every soon"],
    ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
  ])("refuses %j", (text, message) => {
    expect(() => parseSchedule(text, zone("UTC"))).toThrow(message);
  });
});
