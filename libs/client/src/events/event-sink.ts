import type { ObjectReference } from "@kubets/api/core/v1";

/** An event as a component told it. */
export interface RecordedEvent {
  readonly atMs: number;
  readonly regarding: ObjectReference;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly action: string;
  readonly related: ObjectReference | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Turns recorded events into requests, in one of the two forms of the API. */
export interface EventSink {
  /** Counts the event in and gives what to send, if anything. */
  plan(event: RecordedEvent): Attempt | undefined;
  /** Last words about what has ended; called from time to time. */
  finish?(): readonly Attempt[];
}

/** One request; may be tried again. */
export type Attempt = (signal: AbortSignal) => Promise<void>;

/** `object.` and the time in nanoseconds as hexadecimal digits, made unique by a counter below the clock's resolution. */
export function eventNames(): (object: string, atMs: number) => string {
  let last = 0n;
  return (object, atMs) => {
    const nanoseconds = BigInt(Math.trunc(atMs)) * 1_000_000n;
    last = nanoseconds > last ? nanoseconds : last + 1n;
    return `${object}.${last.toString(16)}`;
  };
}

/** Events about cluster-scoped objects live in the namespace "default". */
export function eventNamespace(regarding: ObjectReference): string {
  return regarding.namespace === undefined || regarding.namespace === ""
    ? "default"
    : regarding.namespace;
}
