/**
 * Keeps core/v1 events from flooding the server: equal ones are counted in one object, many similar
 * ones are combined, and a source that talks too much about one object is cut short.
 *
 * Upstream: client-go tools/record/events_cache.go EventCorrelator @1.36
 */
import type { Event } from "@kubets/api/core/v1";
import type { Clock } from "@kubets/service";
import { TokenBucket } from "../queue/token-bucket.ts";
import { RecentMap } from "./recent-map.ts";

export type Correlation =
  | { readonly kind: "create"; readonly event: Event }
  /** Counts up an event that was sent before. */
  | { readonly kind: "count"; readonly event: Event; readonly patch: object }
  | { readonly kind: "spam" };

const ENTRIES_MAX = 4096;
/** So many different messages of one kind in the interval are told apart. */
const SIMILAR_MAX = 10;
const SIMILAR_INTERVAL_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_RATE_PER_SECOND = 1 / 300;

interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}
interface Observed {
  readonly name: string;
  readonly firstTimestamp: string | undefined;
  readonly count: number;
}

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #similar = new RecentMap<string, Similar>(ENTRIES_MAX);
  readonly #observed = new RecentMap<string, Observed>(ENTRIES_MAX);
  readonly #buckets = new RecentMap<string, TokenBucket>(ENTRIES_MAX);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  correlate(event: Event): Correlation {
    const { event: told, key } = this.#combine(event);
    const correlation = this.#count(told, key);
    return this.#isSpam(event) ? { kind: "spam" } : correlation;
  }

  /** An event that many others are like becomes the one that stands for all of them. */
  #combine(event: Event): { readonly event: Event; readonly key: string } {
    const similarKey = similarKeyOf(event);
    const message = event.message ?? "";
    const nowMs = this.#clock.now();
    let similar = this.#similar.get(similarKey);
    if (similar === undefined || nowMs - similar.lastMs > SIMILAR_INTERVAL_MS) {
      similar = { messages: new Set(), lastMs: nowMs };
      this.#similar.set(similarKey, similar);
    }
    similar.lastMs = nowMs;
    similar.messages.add(message);
    if (similar.messages.size < SIMILAR_MAX) {
      // Containers of one pod say the same things; each has a count of its own.
      const key = `${similarKey}\n${event.involvedObject?.fieldPath ?? ""}\n${message}`;
      return { event, key };
    }
    for (const oldest of similar.messages) {
      similar.messages.delete(oldest);
      break;
    }
    const combined = { ...event, message: `(combined from similar events): ${message}` };
    return { event: combined, key: similarKey };
  }

  #count(event: Event, key: string): Correlation {
    const observed = this.#observed.get(key);
    const name = observed?.name ?? event.metadata.name ?? "";
    const count = (observed?.count ?? 0) + 1;
    const firstTimestamp = observed?.firstTimestamp ?? event.firstTimestamp;
    this.#observed.set(key, { name, firstTimestamp, count });
    if (observed === undefined) return { kind: "create", event };
    const counted = { ...event, metadata: { ...event.metadata, name }, firstTimestamp, count };
    const patch = { count, lastTimestamp: event.lastTimestamp, message: event.message };
    return { kind: "count", event: counted, patch };
  }

  #isSpam(event: Event): boolean {
    const key = spamKeyOf(event);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket({
        ratePerSecond: SPAM_RATE_PER_SECOND,
        burst: SPAM_BURST,
        clock: this.#clock,
      });
      this.#buckets.set(key, bucket);
    }
    return !bucket.tryTake();
  }
}

function spamKeyOf({ source, involvedObject }: Event): string {
  const { kind, namespace, name, uid, apiVersion } = involvedObject;
  return [source?.component, source?.host, kind, namespace, name, uid, apiVersion].join("\n");
}

function similarKeyOf(event: Event): string {
  const { type, reason, reportingComponent, reportingInstance } = event;
  return [spamKeyOf(event), type, reason, reportingComponent, reportingInstance].join("\n");
}
