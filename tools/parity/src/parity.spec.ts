import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "./ask.ts";
import { readKnownDifferences, readRecorded } from "./data-files.ts";
import { startOwnServer } from "./own-server.ts";
import { packSuite, unpackSuite } from "./recorded.ts";
import { replay } from "./replay.ts";

const recorded = readRecorded().map((text) => ({ text, ...unpackSuite(text) }));
/** Thousands of requests on a machine that has other things to do. */
const TIMEOUT_MS = 300_000;
const known = readKnownDifferences();

let server: Server & { stop(): Promise<void> };
beforeAll(async () => {
  server = await startOwnServer();
});
afterAll(() => server.stop());

describe("answers are those that upstream's apiserver 1.36.2 gave", () => {
  for (const one of recorded) {
    const { name } = one.suite;
    const exceptions = new Set(known[name] ?? []);
    const count = one.answers.length - exceptions.size;
    test(
      `${name}: to ${count} requests (${exceptions.size} are known to differ)`,
      async () => {
        const differing = await replay(server, one, { run: "replay", nowMs: Date.now() });
        const unexpected = [...differing].filter(([index]) => !exceptions.has(index));
        expect(unexpected.map(([, text]) => text).slice(0, 20)).toEqual([]);
        // What is mended is no longer left out.
        expect([...exceptions].filter((index) => !differing.has(index))).toEqual([]);
      },
      TIMEOUT_MS,
    );
  }
});

test("what was recorded is read as it was written", () => {
  for (const { text, suite, answers } of recorded) {
    let next = 0;
    const answered = suite.exchanges
      .filter((exchange) => !exchange.quiet)
      .map((exchange) => {
        const answer = answers[next++];
        if (answer === undefined) throw new Error(`${suite.name}: an exchange without an answer`);
        return { exchange, answer };
      });
    expect(packSuite(suite, answered)).toBe(text);
  }
});
