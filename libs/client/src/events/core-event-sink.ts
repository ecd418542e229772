import { formatTime, isStatusError } from "@kubets/api";
import type { Event } from "@kubets/api/core/v1";
import type { Clock } from "@kubets/service";
import type { Client } from "../client.ts";
import { coreEvents } from "../resources.ts";
import { EventCorrelator } from "./event-correlator.ts";
import { type EventSink, eventNames, eventNamespace } from "./event-sink.ts";

/** Upstream: client-go tools/record/event.go recordToSink, recordEvent, makeEvent @1.36 */
export function createCoreEventSink(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly component: string;
  readonly host: string;
}): EventSink {
  const { client, clock, component, host } = options;
  const correlator = new EventCorrelator(clock);
  const nameOf = eventNames();
  const create = async (event: Event, signal: AbortSignal) => {
    await client.create(coreEvents, event, { signal });
  };
  const countUp = async (event: Event, body: object, signal: AbortSignal) => {
    const { name = "", namespace = "" } = event.metadata;
    const patch = { type: "application/strategic-merge-patch+json", body } as const;
    try {
      await client.patch(coreEvents, { namespace, name }, patch, { signal });
    } catch (error) {
      // Its time was up on the server: it begins again as a new object with the same count.
      if (!isStatusError(error, "NotFound")) throw error;
      await create(event, signal);
    }
  };
  return {
    plan(recorded) {
      const { regarding, type, reason, message, atMs, annotations } = recorded;
      const timestamp = formatTime(atMs);
      const event: Event = {
        apiVersion: "v1",
        kind: "Event",
        metadata: {
          name: nameOf(regarding.name ?? "", atMs),
          namespace: eventNamespace(regarding),
          ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
        },
        involvedObject: regarding,
        reason,
        message,
        type,
        count: 1,
        firstTimestamp: timestamp,
        lastTimestamp: timestamp,
        source: { component, ...(host === "" ? {} : { host }) },
        reportingComponent: component,
        reportingInstance: host,
      };
      const correlation = correlator.correlate(event);
      switch (correlation.kind) {
        case "spam":
          return undefined;
        case "create":
          return (signal) => create(correlation.event, signal);
        case "count":
          return (signal) => countUp(correlation.event, correlation.patch, signal);
      }
    },
  };
}
