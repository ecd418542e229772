import { isStatusError } from "@kubets/api";
import { type Clock, sleep } from "@kubets/service";
import { ClientError } from "./client.ts";

/** client-go's limit for one request. */
const TRIES_MAX = 10;

/**
 * Sends a request again that the server was too busy for (429), after the time the server asks for. It was
 * refused before anything was done, so that is always safe.
 *
 * Upstream: client-go rest/with_retry.go @1.36
 */
export async function retryRefused<T>(
  clock: Clock,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const seconds = retryAfterSeconds(error);
      if (seconds === undefined || tried === TRIES_MAX) throw error;
      await sleep(clock, seconds * 1000, signal).catch((cause: unknown) => {
        throw new ClientError("cancelled", "cancelled by the caller", { cause });
      });
    }
  }
}

function retryAfterSeconds(error: unknown): number | undefined {
  if (!isStatusError(error) || error.code !== 429) return undefined;
  return error.status.details?.retryAfterSeconds;
}
