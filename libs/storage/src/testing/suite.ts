import { describe } from "vitest";
import { compactionSuite } from "./compaction.ts";
import { concurrencySuite } from "./concurrency.ts";
import { epochSuite } from "./epochs.ts";
import type { MakeFixture } from "./fixture.ts";
import { readSuite } from "./reads.ts";
import { watchSuite } from "./watching.ts";
import { writeSuite } from "./writes.ts";

export type { MakeFixture, StorageFixture } from "./fixture.ts";

/** What the seam promises, for every implementation. */
export function storageSuite(name: string, make: MakeFixture): void {
  describe(name, () => {
    writeSuite(make);
    readSuite(make);
    watchSuite(make);
    compactionSuite(make);
    concurrencySuite(make);
    epochSuite(make);
  });
}
