/**
 * Removes events some time after they were last written. Every apiserver does it; the store lets one of them
 * remove each event.
 *
 * Upstream: --event-ttl, an etcd lease there @1.36
 */
import { parseTime, stringifyJson } from "@kubets/api";
import type { Event } from "@kubets/api/core/v1";
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { Entry, WatchCache } from "@kubets/watch-cache";
import { draftOf } from "../draft.ts";
import type { Randomness } from "../randomness.ts";
import { systemRandomness } from "../system-randomness.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { repeat } from "./repeat.ts";

const INTERVAL_MS = 60_000;
/** Events removed at the same time: they share commits and leave room for others. */
const PARALLEL_MAX = 64;

export interface EventSweeperOptions {
  readonly storage: Storage;
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomness?: Randomness;
  /** Default: one hour. Upstream: --event-ttl. */
  readonly ttlMs?: number;
}

export function createEventSweeper(options: EventSweeperOptions): Runnable {
  const { storage, cache, clock, logger, ttlMs = 3_600_000 } = options;
  const randomness = options.randomness ?? systemRandomness;
  const events = cache.resource({ group: "", resource: "events" });
  return repeat({
    name: "event-sweeper",
    clock,
    logger,
    intervalMs: INTERVAL_MS,
    async task(signal) {
      const oldestMs = clock.now() - ttlMs;
      const old: Entry[] = [];
      for (const entry of events.peekAll()) if (lastWriteMs(entry) < oldestMs) old.push(entry);
      await forEachBounded(old, PARALLEL_MAX, async (entry) => {
        signal.throwIfAborted();
        await remove(storage, entry, randomness.uuid());
      });
    },
  });
}

/** The newest time an event tells of itself. */
export function lastWriteMs({ object }: Pick<Entry, "object">): number {
  const { metadata, lastTimestamp, eventTime, series } = object as Event;
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(...times.map((time) => (time ? (parseTime(time) ?? 0) : 0)));
}

/** An event that was written meanwhile stays: the revision is another one. */
async function remove(storage: Storage, entry: Entry, requestId: string): Promise<void> {
  const last = draftOf(entry.object);
  last.metadata.resourceVersion = undefined;
  await storage.write({
    op: "delete",
    key: entry.key,
    requestId,
    expectedRevision: entry.revision,
    bytes: Buffer.from(stringifyJson(last)),
    decoded: last,
  });
}
