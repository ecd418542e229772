/** The core of the API against its contract: random clients on two replicas with faults, decided by one number. */
import { describe, expect, it } from "vitest";
import { describeVerdict } from "../checks/check-history.ts";
import { runModel } from "./run-model.ts";

/** A longer run: KUBETS_MODEL_RUNS=1000; one again: KUBETS_SEED=17 KUBETS_MODEL_RUNS=1. */
const runs = Number(process.env.KUBETS_MODEL_RUNS ?? 15);
const firstSeed = Number(process.env.KUBETS_SEED ?? 1);
const steps = 150;
const clients = 5;

describe("the API over two replicas that break", () => {
  it(`keeps its contract in ${runs} histories of ${clients} clients × ${steps} steps`, {
    timeout: 60_000 + runs * 5_000,
  }, async () => {
    const sum = { operations: 0, events: 0, bookmarks: 0, kills: 0, compactions: 0, unknown: 0 };
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const run = await runModel({ seed, steps, clients });
      const { verdict } = run;
      sum.operations += verdict.operations;
      sum.events += verdict.events;
      sum.bookmarks += verdict.bookmarks;
      sum.unknown += verdict.unknown;
      sum.kills += run.kills;
      sum.compactions += run.compactions;
      if (runs === 1) console.log(describeVerdict(verdict));
      expect({ seed, violations: verdict.violations, surprises: run.surprises }).toEqual({
        seed,
        violations: [],
        surprises: [],
      });
    }
    console.log(
      `seeds ${firstSeed} to ${firstSeed + runs - 1}: 0 violations in ${sum.operations} operations (${sum.unknown} of unknown outcome), ${sum.events} events, ${sum.bookmarks} bookmarks, ${sum.kills} kills, ${sum.compactions} compactions`,
    );
    expect(sum.bookmarks).toBeGreaterThan(0);
    expect(sum.kills).toBeGreaterThan(runs);
    expect(sum.events).toBeGreaterThan(runs * 100);
  });

  it.each([
    ["staleReads", "readsAreFresh"],
    ["dropsEvents", "watchesAreComplete"],
  ] as const)("catches the build that %s, by %s", async (control, check) => {
    const { verdict } = await runModel({ seed: firstSeed, steps, clients, control });
    expect(verdict.violations.map((violation) => violation.check)).toContain(check);
  });

  it("plays the same history again for the same seed, and another for another", async () => {
    const digests = [];
    for (const seed of [firstSeed, firstSeed, firstSeed + 1]) {
      digests.push((await runModel({ seed, steps: 60, clients })).digest);
    }
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).not.toBe(digests[0]);
  });
});
