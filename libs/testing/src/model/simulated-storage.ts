import { type Clock, sleep } from "@kubets/service";
import {
  createMemoryStorage,
  type ListOptions,
  type LogBatch,
  type MemoryHistory,
  type ObjectKey,
  type ResourceScope,
  type Storage,
  StorageError,
  type Subscription,
  type Write,
} from "@kubets/storage";
import type { SeededRandom } from "../seeded-random.ts";

/** How often things go wrong, each between 0 and 1. */
export interface FaultRates {
  /** The store is away before the write reached it. */
  readonly unavailable: number;
  /** The write was made, but nobody can tell. */
  readonly unknownAfter: number;
  /** The write was not made, and nobody can tell. */
  readonly unknownBefore: number;
  /** A read fails. */
  readonly reads: number;
}

/** What a broken build does: never waits for the newest state, or loses one delivery in twenty. */
export type ModelControl = "none" | "staleReads" | "dropsEvents";

const delayMaxMs = 12;
const deliveryDelayMaxMs = 60;

/**
 * The model of the store as over a network that one seed decides: everything takes its time, deliveries come late
 * and together, answers are lost. What a storage promises it keeps.
 */
export function simulatedStorage(options: {
  readonly history: MemoryHistory;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly rates: FaultRates;
  readonly control: ModelControl;
}): Storage {
  const { clock, random, rates, control } = options;
  const inner = createMemoryStorage({ history: options.history, chunkObjects: 7 });
  const pending = new Set<() => void>();
  const delay = () => sleep(clock, 1 + random.below(delayMaxMs));
  const flush = () => {
    for (const deliver of [...pending]) deliver();
  };
  async function read<T>(run: () => Promise<T>): Promise<T> {
    await delay();
    if (random.chance(rates.reads)) throw new StorageError("unavailable", "simulated");
    const result = await run();
    await delay();
    return result;
  }

  async function write(of: Write) {
    await delay();
    if (random.chance(rates.unavailable)) throw new StorageError("unavailable", "simulated");
    if (random.chance(rates.unknownBefore)) throw new StorageError("unknownOutcome", "simulated");
    const result = await inner.write(of);
    await delay();
    if (random.chance(rates.unknownAfter)) throw new StorageError("unknownOutcome", "simulated");
    // The writer is told when it was shown here, with all that came before; but not while that is still read.
    if (random.chance(0.95)) flush();
    return result;
  }

  function subscribe(
    after: bigint,
    onBatch: (batch: LogBatch) => void,
    onEnd?: (error: StorageError) => void,
  ): Subscription {
    let waiting: LogBatch[] = [];
    let isClosed = false;
    const deliver = () => {
      pending.delete(deliver);
      const batches = waiting;
      waiting = [];
      for (const batch of batches) {
        const isDropped = control === "dropsEvents" && random.chance(0.05);
        if (!isClosed && !isDropped) onBatch(batch);
      }
    };
    const subscription = inner.subscribe(
      after,
      (batch) => {
        waiting.push(batch);
        if (waiting.length > 1) return;
        pending.add(deliver);
        clock.setTimer(random.below(deliveryDelayMaxMs), () => {
          if (pending.has(deliver)) deliver();
        });
      },
      (error) => {
        deliver();
        onEnd?.(error);
      },
    );
    return {
      close: () => {
        isClosed = true;
        return subscription.close();
      },
    };
  }

  return {
    write,
    subscribe,
    get: (key: ObjectKey) => read(() => inner.get(key)),
    list: (scope: ResourceScope, listOptions?: ListOptions) =>
      read(() => inner.list(scope, listOptions)),
    loadAll: () => read(() => inner.loadAll()),
    currentRevision: () =>
      control === "staleReads" ? Promise.resolve(0n) : read(() => inner.currentRevision()),
    compactedRevision: () => read(() => inner.compactedRevision()),
    readLog: (after, limit) => read(() => inner.readLog(after, limit)),
    compact: (revision) => read(() => inner.compact(revision)),
    clusterId: () => inner.clusterId(),
    close: () => inner.close(),
  };
}
