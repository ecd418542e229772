import type { Bus, RevisionHint } from "@kubets/bus";
import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { HintTeller } from "./hint-teller.ts";

function teller() {
  const clock = new FakeClock();
  const told: RevisionHint[] = [];
  const bus: Bus = {
    publish: (hint) => told.push(hint),
    subscribe: () => () => {},
    isConnected: () => true,
    close: async () => {},
  };
  return { clock, told, teller: new HintTeller(bus, clock) };
}

describe("a teller of hints", () => {
  it("tells the first commit after a rest at once", async () => {
    const { clock, told, teller: hints } = teller();
    hints.committed({ first: 1n, last: 2n });
    expect(told).toEqual([{ first: 1n, last: 2n }]);
    await clock.advance(10);
    hints.committed({ first: 3n, last: 3n });
    expect(told).toEqual([
      { first: 1n, last: 2n },
      { first: 3n, last: 3n },
    ]);
  });

  it("tells commits that follow each other together, each ten milliseconds", async () => {
    const { clock, told, teller: hints } = teller();
    for (let revision = 1n; revision <= 25n; revision++) {
      hints.committed({ first: revision, last: revision });
      await clock.advance(1);
    }
    expect(told).toEqual([
      { first: 1n, last: 1n },
      { first: 2n, last: 10n },
      { first: 11n, last: 20n },
    ]);
  });

  it("tells what was committed last even if the next commit hangs", async () => {
    const { clock, told, teller: hints } = teller();
    hints.committed({ first: 1n, last: 1n });
    hints.committed({ first: 2n, last: 2n });
    await clock.advance(9);
    expect(told).toHaveLength(1);
    await clock.advance(1);
    expect(told.at(-1)).toEqual({ first: 2n, last: 2n });
  });

  it("tells at once what is left when no more is to come, and nothing twice", async () => {
    const { told, teller: hints } = teller();
    hints.committed({ first: 1n, last: 1n });
    hints.committed({ first: 2n, last: 3n });
    hints.committed({ first: 7n, last: 8n });
    hints.flush();
    hints.flush();
    expect(told).toEqual([
      { first: 1n, last: 1n },
      { first: 2n, last: 8n },
    ]);
  });
});
