/**
 * Keeps an index in step with one resource: first the whole state, then each change as the cache applies it. When the
 * watch ends, the index stays as it was until the next state is complete; it is never half of one.
 */
import type { KubeObject } from "@kubets/api";
import { type Clock, type Logger, type Runnable, sleep } from "@kubets/service";
import type { ResourceCache, WatchEvent, WatchHandle } from "@kubets/watch-cache";

export interface ObjectIndex {
  /** The whole state; what is not in it is gone. */
  replace(objects: readonly KubeObject[]): void;
  upsert(object: KubeObject): void;
  remove(object: KubeObject): void;
}

export interface FollowOptions {
  readonly name: string;
  readonly cache: Pick<ResourceCache, "watch">;
  readonly index: ObjectIndex;
  readonly clock: Clock;
  readonly logger: Logger;
}

const RETRY_MS = 200;

/** Starts when the first state is complete. */
export function followObjects(options: FollowOptions): Runnable {
  const { cache, index, clock, logger, name } = options;
  const stopping = new AbortController();
  let endSession: () => void = () => undefined;
  let running: Promise<void> = Promise.resolve();

  /** One watch from its first state to its end. */
  async function session(onReady: () => void): Promise<void> {
    let handle: WatchHandle | undefined;
    let over = false;
    try {
      await new Promise<void>((resolve, reject) => {
        endSession = resolve;
        const apply = applyTo(index, onReady, reject);
        cache
          .watch(
            { selection: {}, from: { current: "any" }, bookmarks: true, initialEventsEnd: true },
            {
              deliver: (events) => {
                for (const event of events) apply(event);
                return true;
              },
              end: resolve,
            },
          )
          .then((opened) => {
            if (over) opened.close();
            else handle = opened;
          }, reject);
      });
    } finally {
      over = true;
      handle?.close();
    }
  }

  async function follow(onReady: () => void): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await session(onReady);
      } catch (error) {
        logger.warn("Following objects broke off, beginning again", { resource: name, error });
      }
      if (stopping.signal.aborted) return;
      await sleep(clock, RETRY_MS, stopping.signal).catch(() => undefined);
    }
  }

  return {
    name: `follow-${name}`,
    start: (signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        running = follow(resolve);
      }),
    stop: async () => {
      stopping.abort();
      endSession();
      await running;
    },
  };
}

/** Gathers the first state, then passes changes on. */
function applyTo(
  index: ObjectIndex,
  onReady: () => void,
  onError: (error: unknown) => void,
): (event: WatchEvent) => void {
  let initial: Map<string, KubeObject> | undefined = new Map();
  return (event) => {
    const object = event.entry?.object;
    if (event.type === "ERROR") onError(event.error);
    else if (event.type === "BOOKMARK") {
      if (initial === undefined || event.initialEventsEnd !== true) return;
      index.replace([...initial.values()]);
      initial = undefined;
      onReady();
    } else if (object === undefined) return;
    else if (initial !== undefined) {
      const key = `${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`;
      if (event.type === "DELETED") initial.delete(key);
      else initial.set(key, object);
    } else if (event.type === "DELETED") index.remove(object);
    else index.upsert(object);
  };
}
