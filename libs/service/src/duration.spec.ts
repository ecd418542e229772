import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["15s", 15_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  ["250ms", 250],
  ["10us", 0.01],
  [".5s", 500],
  ["0", 0],
  ["-2s", -2_000],
])("the duration %s is %d ms", (text, durationMs) => {
  expect(parseDuration(text)).toBeCloseTo(durationMs, 9);
});

test.each(["", "15", "s", "1d", "1 s", "1s ", "1h-5m", "-", "1.2.3s"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [15_000, "15s"],
  [5_400_000, "1h30m0s"],
  [60_500, "1m0.5s"],
  [250, "250ms"],
  [0.01, "10µs"],
  [0, "0s"],
])("%d ms is shown as Go shows it", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});
