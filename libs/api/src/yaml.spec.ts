import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseJson } from "./json.ts";
import { parseYaml, stringifyYaml } from "./yaml.ts";

const own = resolve(import.meta.dirname, "../testdata");
const facts = resolve(import.meta.dirname, "../../../../shared/kubernetes-1.36/api-testdata");

function objectsOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name));
}

function roundTrip(path: string): void {
  const object = parseJson(readFileSync(path));
  expect(parseYaml(stringifyYaml(object))).toEqual(object);
}

describe("an object as YAML", () => {
  const copies = objectsOf(own);
  it(`reads back as it was: ${copies.length} of upstream's round-trip files`, () => {
    expect(copies.length).toBeGreaterThan(0);
    for (const path of copies) roundTrip(path);
  });

  const all = existsSync(facts)
    ? readdirSync(facts).flatMap((folder) => objectsOf(join(facts, folder)))
    : [];
  it.skipIf(all.length === 0)(
    `reads back as it was: all ${all.length} objects of the fact tables (skipped where they are not at hand)`,
    () => {
      for (const path of all) roundTrip(path);
    },
  );

  it("keeps what looks like something else: large numbers, words for booleans, octal numbers, times as text", () => {
    const object = {
      big: 9007199254740993n,
      negative: -5,
      fraction: 1.5,
      huge: 1e21,
      empty: "",
      nothing: null,
      lines: "a\n  b\n",
      texts: [
        "yes",
        "n",
        "0777",
        "1e3",
        "0x1F",
        "1_000",
        "~",
        "<<",
        ".inf",
        "-.NaN",
        "a: b",
        "1:30",
      ],
      time: "2026-01-01T00:00:00Z",
    };
    const text = stringifyYaml(object as never);
    expect(parseYaml(text)).toEqual(object);
    // Others take these for a time and for ninety.
    expect(text).toContain("time: '2026-01-01T00:00:00Z'");
    expect(text).toContain("- '1:30'");
  });
});
