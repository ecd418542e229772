/** What the parent asks a store process, and what that answers, over Node's channel between processes. */
import type { ObjectKey, Write, WriteResult } from "@kubets/storage";
import type { FaultPointName } from "@kubets/storage-postgres";
import type { WatchedEvent } from "../history/history.ts";

/** What happens at a fault point: the process dies there, or all its connections break. */
export type FaultAction = "kill" | "cut";

/** A build that breaks a promise on purpose, so that the checks have something to find. */
export type Control = "none" | "dropsHints" | "bookmarksTooEarly";

export interface StoreProcessOptions {
  readonly url: string;
  readonly natsServer?: string;
  readonly tickMs?: number;
  readonly control: Control;
}

export type StoreRequest =
  | { readonly do: "write"; readonly write: Write }
  | { readonly do: "get"; readonly key: ObjectKey }
  | { readonly do: "list"; readonly namespace: string }
  | { readonly do: "watch"; readonly watch: number; readonly after: bigint }
  | { readonly do: "unwatch"; readonly watch: number }
  | { readonly do: "compact"; readonly revision: bigint }
  | { readonly do: "revision" }
  | {
      readonly do: "arm";
      readonly point: FaultPointName;
      readonly action: FaultAction;
      /** How often the point is passed before. */
      readonly after: number;
    };

export interface StoreReplies {
  readonly write: WriteResult;
  readonly get: { readonly revision: bigint; readonly content: string } | undefined;
  readonly list: { readonly revision: bigint; readonly items: ReadonlyMap<string, bigint> };
  readonly watch: undefined;
  readonly unwatch: undefined;
  readonly compact: undefined;
  readonly revision: bigint;
  readonly arm: undefined;
}

export type ToStore = StoreRequest & { readonly id: number };
export type FromStore =
  | { readonly ready: true }
  | { readonly fault: FaultPointName }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: string; readonly message: string }
  | { readonly watch: number; readonly events: readonly WatchedEvent[] }
  /** `gone`: the history behind it is no longer there. */
  | { readonly watch: number; readonly ended: true; readonly gone: boolean };
