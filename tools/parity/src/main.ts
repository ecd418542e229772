/**
 * `node src/main.ts compare [suite…]` asks upstream and us and prints where we differ;
 * `node src/main.ts record [suite…]` writes upstream's answers to `data/`;
 * `node src/main.ts known` notes which recorded answers we do not give.
 * Upstream: PARITY_UPSTREAM (default https://127.0.0.1:7443) with the bearer token PARITY_TOKEN (default "parity").
 */
import { readRecorded, writeKnownDifferences, writeRecorded } from "./data-files.ts";
import { startOwnServer } from "./own-server.ts";
import { packSuite, unpackSuite } from "./recorded.ts";
import { replay } from "./replay.ts";
import { report } from "./report.ts";
import { runSuite } from "./run-suite.ts";
import { suites } from "./suites.ts";

const upstream = {
  url: process.env.PARITY_UPSTREAM ?? "https://127.0.0.1:7443",
  token: process.env.PARITY_TOKEN ?? "parity",
};
const [verb = "compare", ...names] = process.argv.slice(2);
const chosen = suites.filter((suite) => names.length === 0 || names.includes(suite.name));
const options = { run: Date.now().toString(36), nowMs: Date.now() };

if (verb === "record") {
  for (const suite of chosen) {
    const text = packSuite(suite, await runSuite(upstream, suite, options));
    writeRecorded(suite.name, text);
    console.log(`${suite.name}: ${suite.exchanges.length} exchanges, ${text.length} characters`);
  }
} else if (verb === "known") {
  const own = await startOwnServer();
  const known: { [suite: string]: readonly number[] } = {};
  try {
    for (const text of readRecorded()) {
      const recorded = unpackSuite(text);
      const differing = await replay(own, recorded, options);
      if (differing.size > 0) known[recorded.suite.name] = [...differing.keys()];
      console.log(`${recorded.suite.name}: ${differing.size} of ${recorded.answers.length} differ`);
    }
  } finally {
    await own.stop();
  }
  writeKnownDifferences(known);
} else {
  const own = await startOwnServer();
  try {
    for (const suite of chosen) {
      const theirs = await runSuite(upstream, suite, options);
      console.log(report(suite.name, theirs, await runSuite(own, suite, options)));
    }
  } finally {
    await own.stop();
  }
}
