import { formatMicroTime, isStatusError } from "@kubets/api";
import type { Event } from "@kubets/api/events/v1";
import type { Clock } from "@kubets/service";
import type { Client } from "../client.ts";
import { events } from "../resources.ts";
import { EventSeries } from "./event-series.ts";
import { type EventSink, eventNames, eventNamespace } from "./event-sink.ts";

/** The server takes no longer note. */
const NOTE_LENGTH_MAX = 1024;
const CUT_MARK = " ...";

/** Upstream: client-go tools/events/event_recorder.go makeEvent, event_broadcaster.go recordEvent @1.36 */
export function createEventsV1Sink(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly component: string;
  readonly host: string;
}): EventSink {
  const { client, clock, component, host } = options;
  const series = new EventSeries();
  const nameOf = eventNames();
  const tellSeries = async (event: Event, signal: AbortSignal) => {
    const { name = "", namespace = "" } = event.metadata;
    const patch = {
      type: "application/strategic-merge-patch+json",
      body: { series: event.series },
    } as const;
    try {
      await client.patch(events, { namespace, name }, patch, { signal });
    } catch (error) {
      // Its time was up on the server: the series begins again as a new object.
      if (!isStatusError(error, "NotFound")) throw error;
      await client.create(events, event, { signal });
    }
  };
  return {
    plan(recorded) {
      const { regarding, related, type, reason, message, action, atMs, annotations } = recorded;
      const step = series.add(
        {
          apiVersion: "events.k8s.io/v1",
          kind: "Event",
          metadata: {
            name: nameOf(regarding.name ?? "", atMs),
            namespace: eventNamespace(regarding),
            ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
          },
          eventTime: formatMicroTime(atMs),
          reportingController: component,
          reportingInstance: `${component}-${host}`,
          action,
          reason,
          regarding,
          ...(related === undefined ? {} : { related }),
          note: cut(message),
          type,
        },
        atMs,
      );
      switch (step.kind) {
        case "create":
          return async (signal) => {
            await client.create(events, step.event, { signal });
          };
        case "series":
          return (signal) => tellSeries(step.event, signal);
        case "counted":
          return undefined;
      }
    },
    finish: () =>
      series.finish(clock.now()).map((event) => (signal: AbortSignal) => tellSeries(event, signal)),
  };
}

/** Upstream: pkg/scheduler/schedule_one.go truncateMessage @1.36 */
function cut(message: string): string {
  if (message.length <= NOTE_LENGTH_MAX) return message;
  return message.slice(0, NOTE_LENGTH_MAX - CUT_MARK.length) + CUT_MARK;
}
