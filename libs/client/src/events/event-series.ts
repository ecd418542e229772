/**
 * Turns equal events.k8s.io/v1 events into one object with a series: the first is created, the second
 * starts the series, further ones are counted here and told when the series ends or has run for long.
 *
 * Upstream: client-go tools/events/event_broadcaster.go recordToSink, finishSeries @1.36
 */
import { formatMicroTime } from "@kubets/api";
import type { Event } from "@kubets/api/events/v1";
import { RecentMap } from "./recent-map.ts";

export type SeriesStep =
  | { readonly kind: "create"; readonly event: Event }
  | { readonly kind: "series"; readonly event: Event }
  | { readonly kind: "counted" };

const ENTRIES_MAX = 4096;
/** A series without a new event for so long is over. */
export const SERIES_FINISH_MS = 360_000;

interface Entry {
  event: Event;
  lastMs: number;
}

export class EventSeries {
  readonly #entries = new RecentMap<string, Entry>(ENTRIES_MAX);

  add(event: Event, nowMs: number): SeriesStep {
    const key = keyOf(event);
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { event, lastMs: nowMs });
      return { kind: "create", event };
    }
    const isNew = entry.event.series === undefined;
    const count = (entry.event.series?.count ?? 1) + 1;
    const series = { count, lastObservedTime: formatMicroTime(nowMs) };
    entry.event = { ...entry.event, series };
    entry.lastMs = nowMs;
    return isNew ? { kind: "series", event: entry.event } : { kind: "counted" };
  }

  /** Forgets what is over and gives the series whose last count the server has yet to hear. */
  finish(nowMs: number): readonly Event[] {
    const finished: Event[] = [];
    for (const [key, { event, lastMs }] of [...this.#entries.entries()]) {
      if (nowMs - lastMs < SERIES_FINISH_MS) continue;
      this.#entries.delete(key);
      if (event.series !== undefined) finished.push(event);
    }
    return finished;
  }
}

/** The note is not part of it: a series keeps its first one. */
function keyOf({ type, action, reason, reportingController, ...event }: Event): string {
  const { kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath } =
    event.regarding ?? {};
  const regarding = [kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath];
  const related = [event.related?.kind, event.related?.uid, event.related?.resourceVersion];
  const reporter = [reportingController, event.reportingInstance];
  return [type, action, reason, ...reporter, ...regarding, ...related].join("\n");
}
