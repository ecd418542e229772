import type { PodInfo } from "../cluster/pod-info.ts";

/** A pod that waits to be scheduled, with its history. */
export interface QueuedPod {
  info: PodInfo;
  /** When it came into the queue this time. */
  enqueuedMs: number;
  /** When it was first tried; for the time from the first try to the binding. */
  firstAttemptMs: number | undefined;
  attempts: number;
  /** Times in a row that it was refused, and that trying it failed: they decide its back-off. */
  refusals: number;
  errors: number;
  /** Where it stands until its back-off is over. */
  backoffUntilMs: number;
  /** The plugins that refused it last; none after an error. */
  rejectedBy: ReadonlySet<string>;
  /** Plugins that wait for something outside: no back-off once that has happened. */
  pendingBy: ReadonlySet<string>;
  /** The plugin that keeps it from entering the queue at all. */
  gatedBy: string | undefined;
}

export function newQueuedPod(info: PodInfo, nowMs: number): QueuedPod {
  return {
    info,
    enqueuedMs: nowMs,
    firstAttemptMs: undefined,
    attempts: 0,
    refusals: 0,
    errors: 0,
    backoffUntilMs: 0,
    rejectedBy: NONE,
    pendingBy: NONE,
    gatedBy: undefined,
  };
}

export const NONE: ReadonlySet<string> = new Set();
