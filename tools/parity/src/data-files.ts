/** The folder of what was recorded: packed suites, compressed, and what we are known to answer otherwise. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

const folder = join(import.meta.dirname, "../data");
const ENDING = ".recorded.gz";
const knownFile = join(folder, "known-differences.json");

/** Exchanges by suite, by their numbers among those that are compared. */
export type KnownDifferences = { readonly [suite: string]: readonly number[] };

/** The text of each packed suite. */
export function readRecorded(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => gunzipSync(readFileSync(join(folder, file))).toString("utf8"));
}

export function writeRecorded(suite: string, text: string): void {
  writeFileSync(join(folder, `${suite}${ENDING}`), gzipSync(text, { level: 9 }));
}

export function readKnownDifferences(): KnownDifferences {
  return JSON.parse(readFileSync(knownFile, "utf8"));
}

export function writeKnownDifferences(known: KnownDifferences): void {
  writeFileSync(knownFile, `${JSON.stringify(known)}\n`);
}
