/** Every suite, in the order in which they run. */
import type { Suite } from "./exchange.ts";
import { evictionSuite } from "./suites/eviction-suite.ts";
import { listSuites } from "./suites/list-suites.ts";
import { mutationSuites } from "./suites/mutation-suites.ts";
import { patchSuites } from "./suites/patch-suites.ts";
import { scaleSuite } from "./suites/scale-suite.ts";

export const suites: readonly Suite[] = [
  ...mutationSuites,
  scaleSuite,
  evictionSuite,
  ...patchSuites,
  ...listSuites,
];
