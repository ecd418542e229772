import type { Clock } from "@kubets/service";
import { sleep } from "@kubets/service";
import { ClientError } from "../client.ts";
import { RefusedStreamError } from "../http2/open-stream.ts";

const TRIES_MAX = 4;
/** The first repeat is at once: the connection goes to the next address by itself. */
const PAUSES_MS = [0, 50, 200];

/**
 * Sends a call again whose server went away: what the server surely did not begin always, what broke underway only where
 * doing it twice is doing it once. That no server can be reached is the caller's to wait for.
 *
 * Upstream: client-go rest/with_retry.go IsRetryableErr @1.36 (reads whose connection was reset)
 */
export async function retryElsewhere<T>(
  call: {
    readonly clock: Clock;
    readonly signal: AbortSignal | undefined;
    readonly isRead: boolean;
  },
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried === TRIES_MAX || !mayRepeat(error, call.isRead)) throw error;
      const pauseMs = PAUSES_MS[tried - 1] ?? 0;
      if (pauseMs > 0) {
        await sleep(call.clock, pauseMs, call.signal).catch((cause: unknown) => {
          throw new ClientError("cancelled", "cancelled by the caller", { cause });
        });
      }
    }
  }
}

function mayRepeat(error: unknown, isRead: boolean): boolean {
  if (error instanceof RefusedStreamError) return true;
  return isRead && error instanceof ClientError && error.code === "broken";
}
