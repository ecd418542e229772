import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatDuration,
  formatTime,
  parseDuration,
  parseFieldSelector,
  parseJsonText,
  parseLabelSelector,
  parseTime,
  parseYaml,
  quantityMilli,
  quantityValue,
  stringifyJson,
  subtractQuantities,
} from "./index.ts";

type Answers = Readonly<Record<string, string>>;
const answers = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../testdata/go-answers.json"), "utf8"),
) as Readonly<Record<string, Answers>>;

/** Errors are "ERR" and Go's text; some of Go's own are only "ERR". */
function answer(give: () => string | undefined): string {
  try {
    return give() ?? "ERR";
  } catch (error) {
    return `ERR ${(error as Error).message}`;
  }
}

const functions: Readonly<Record<string, (input: string) => string | undefined>> = {
  quantities: (text) => `${canonicalQuantity(text)} ${quantityMilli(text)} ${quantityValue(text)}`,
  sums(text) {
    const [a = "", b = ""] = text.split("|");
    return `${addQuantities(a, b)} ${subtractQuantities(a, b)} ${compareQuantities(a, b)}`;
  },
  labelSelectors: (text) => parseLabelSelector(text).toString(),
  fieldSelectors: (text) => parseFieldSelector(text).toString(),
  durations(text) {
    const nanos = parseDuration(text);
    return nanos === undefined ? undefined : formatDuration(nanos);
  },
  json(text) {
    parseJsonText(text);
    return "ok";
  },
  yaml: (text) => stringifyJson(parseYaml(text)),
  times(text) {
    const ms = parseTime(text);
    if (ms === undefined) return undefined;
    // Go's zero time is null.
    return ms === Date.parse("0001-01-01T00:00:00Z") ? "null" : JSON.stringify(formatTime(ms));
  },
};

describe.each(Object.keys(functions))("%s", (name) => {
  it("are read as Go reads them, errors included", () => {
    const give = functions[name];
    const expected = answers[name] ?? {};
    if (give === undefined) throw new Error(name);
    const ours = Object.keys(expected).map((input) => [input, answer(() => give(input))] as const);
    expect(Object.fromEntries(ours)).toEqual(expected);
    expect(ours.length).toBeGreaterThan(10);
  });
});
