/** A request as the suites write it and an answer as it is compared: both independent of server and run. */
import type { JsonValue } from "@kubets/api";

export type Json = JsonValue;
export type JsonMap = { [key: string]: Json };

/** A change of one place: a value set (a pointer, "/spec/replicas"), or the place removed. */
export type Change = { readonly set: string; readonly to: Json } | { readonly drop: string };

export interface Exchange {
  /** "POST /api/v1/…"; `{ns}` in it and in bodies is the suite's namespace. */
  readonly do: string;
  /** Content type of a patch: "json", "merge", "strategic" or "apply". */
  readonly patch?: string;
  readonly accept?: string;
  /** The body is this one of the suite's objects … */
  readonly of?: string;
  /** … with these changes. */
  readonly with?: readonly Change[];
  /** The body in full. */
  readonly body?: Json;
  /** The request is not compared: it only prepares. */
  readonly quiet?: boolean;
}

export interface Suite {
  readonly name: string;
  readonly objects: { readonly [name: string]: JsonMap };
  readonly exchanges: readonly Exchange[];
}

export interface Answer {
  readonly code: number;
  readonly warnings?: readonly string[];
  /** Of a refusal. */
  readonly reason?: string;
  /** Only where it says more than the causes do. */
  readonly message?: string;
  /** "reason field: message" each. */
  readonly causes?: readonly string[];
  /** Other answers: the body. */
  readonly body?: Json;
}
