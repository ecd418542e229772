import { type KubeObject, resourceExpired } from "@kubets/api";
import type { Reader, ResourceType, WatchEvent, WatchOptions } from "@kubets/client";
import { type Clock, sleep } from "@kubets/service";

export interface Disturbance {
  /** How long events of a resource take to arrive. Default 0. */
  lagMs?(resource: string): number;
  /**
   * Counted over all watches: with this event a watch falls silent for a while and then has lost its history, so that
   * everything in between is seen only as its result.
   */
  readonly lostEvent?: number;
}

const SILENT_MS = 3_000;

/** A reader between the server and the informers that brings late what it should bring now, or not at all. */
export function disturbedReader(
  inner: Reader,
  clock: Clock,
  disturbance: Disturbance,
  onEvent: () => number,
): Reader {
  return {
    get: (type, namespace, name, options) => inner.get(type, namespace, name, options),
    list: (type, options) => inner.list(type, options),
    async *watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions) {
      const lagMs = disturbance.lagMs?.(type.resource) ?? 0;
      for await (const batch of inner.watch(type, options)) {
        if (lagMs > 0) await sleep(clock, lagMs, options.signal);
        const delivered: WatchEvent<T>[] = [];
        for (const event of batch) {
          if (event.type !== "BOOKMARK" && onEvent() === disturbance.lostEvent) {
            if (delivered.length > 0) yield delivered;
            await sleep(clock, SILENT_MS, options.signal);
            throw resourceExpired("the history is lost");
          }
          delivered.push(event);
        }
        yield delivered;
      }
    },
  };
}
