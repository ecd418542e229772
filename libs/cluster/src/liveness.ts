/**
 * Notices a component that runs but is silent: stopped by a signal, caught in a loop, out of memory. What ends is
 * noticed by its exit; what refuses a connection is starting or about to end; neither is this check's business.
 */
import type { Clock } from "@kubets/service";

/** "refused" is any failure that is not silence. */
export type ProbeResult = "answered" | "refused" | "silent";

/** Bounded by `timeoutMs`; never rejects. */
export type Probe = (timeoutMs: number) => Promise<ProbeResult>;

export interface LivenessOptions {
  readonly probe: Probe;
  readonly clock: Clock;
  /** Called once for each time it falls silent, with a text for people. */
  readonly onSilent: (why: string) => void;
}

/** Below the five seconds for which servers keep a connection without requests. */
const PERIOD_MS = 4_000;
const TIMEOUT_MS = 5_000;
/**
 * Two in a row: a machine that stood still as a whole lets the first one run out, too. Together they are shorter than
 * the time after which others take over from a silent leader.
 */
const SILENCES_MAX = 2;

export const LIVENESS_WORST_MS = PERIOD_MS + SILENCES_MAX * TIMEOUT_MS;

/** Returns the function that ends it. */
export function watchLiveness({ probe, clock, onSilent }: LivenessOptions): () => void {
  let isEnded = false;
  let silences = 0;
  let cancel = () => {};
  const look = async () => {
    const result = await probe(TIMEOUT_MS);
    if (isEnded) return;
    silences = result === "silent" ? silences + 1 : 0;
    if (silences >= SILENCES_MAX) {
      silences = 0;
      onSilent(`it did not answer for ${(SILENCES_MAX * TIMEOUT_MS) / 1000} s`);
    }
    cancel = clock.setTimer(silences > 0 ? 0 : PERIOD_MS, again);
  };
  const again = () => {
    look().catch(() => {
      // Probes do not reject.
    });
  };
  cancel = clock.setTimer(PERIOD_MS, again);
  return () => {
    isEnded = true;
    cancel();
  };
}
