import type { History } from "../history/history.ts";
import type { LogIndex } from "./log-index.ts";

/** One invariant: gives a sentence for each place where the history breaks it. */
export type Check = (history: History, index: LogIndex) => Iterable<string>;
