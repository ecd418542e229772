import { quantile } from "../store/bench-postgres.ts";
import { type Ground, type Measured, measuredOf, must } from "./measured.ts";
import { processorTime, usedBetween } from "./processor-time.ts";
import { WatcherConnection } from "./watchers.ts";

/** client-go puts at most a few hundred watches on one connection. */
const CONNECTIONS = 12;
const DELIVERY_TIMEOUT_MS = 30_000;

export interface WatchLoad {
  readonly watchers: number;
  /** At this steady rate; else as fast as the slowest watcher takes them. */
  readonly changesPerSecond?: number;
}

/** The slowest watcher is at most this many changes behind where there is no rate: enough that no apiserver waits. */
const AHEAD = 32;

/**
 * One object changes, through each apiserver in turn, and every watcher is sent every change exactly once, or this fails.
 * Times are from before a change is sent to an apiserver until a watcher has it.
 */
export async function watches(
  what: string,
  { replicas, seconds, identity }: Ground,
  collection: string,
  name: string,
  { watchers, changesPerSecond }: WatchLoad,
): Promise<Measured> {
  const [first] = replicas;
  if (first === undefined) throw new RangeError("no apiserver");
  const path = `${collection}/${name}`;
  const object = JSON.parse(await must(first, "GET", path)) as { data: Record<string, string> };
  // The list's version: the object's own may be older than what an apiserver that just started can go back to.
  const list = JSON.parse(
    await must(first, "GET", `${collection}?fieldSelector=metadata.name=${name}`),
  ) as {
    metadata: { resourceVersion: string };
  };
  const query = new URLSearchParams({
    watch: "true",
    fieldSelector: `metadata.name=${name}`,
    resourceVersion: list.metadata.resourceVersion,
  });
  const deliveries = new Deliveries(watchers);
  const perConnection = watchers / CONNECTIONS;
  const connections = Array.from({ length: CONNECTIONS }, (_, index) => {
    const replica = replicas[index % replicas.length] ?? first;
    return new WatcherConnection({
      server: { port: replica.endpoint.port, identity },
      path: `${collection}?${query}`,
      watches: perConnection,
      onEvents: (watch, count) => deliveries.take(index * perConnection + watch, count),
      onError: (error) => deliveries.fail(error),
    });
  });
  try {
    await Promise.race([
      Promise.all(connections.map((connection) => connection.open)),
      deliveries.failed,
    ]);
    const before = processorTime(replicas);
    const beganMs = performance.now();
    const endMs = beganMs + seconds * 1_000;
    const metadata = { name };
    for (let made = 0; performance.now() < endMs; made++) {
      const replica = replicas[made % replicas.length] ?? first;
      deliveries.expect();
      await must(replica, "PUT", path, { metadata, data: { ...object.data, n: String(made) } });
      if (changesPerSecond === undefined) await deliveries.behind(AHEAD);
      else {
        const waitMs = beganMs + ((made + 1) / changesPerSecond) * 1_000 - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
    await deliveries.behind(0);
    const elapsedMs = performance.now() - beganMs;
    const time = usedBetween(before, processorTime(replicas));
    const latencies = deliveries.latenciesMs.sort();
    const perSecond = (latencies.length / elapsedMs) * 1_000;
    const latencyMs = { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
    const measured = measuredOf(what, perSecond, { time, elapsedMs });
    return changesPerSecond === undefined ? measured : { ...measured, latencyMs };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Who has which change. Changes come to each watcher in their order, so the n-th event of a watcher is the n-th change. */
class Deliveries {
  readonly #sentMs: number[] = [];
  readonly #events: Uint32Array;
  /** How many watchers have the change. */
  readonly #reached: number[] = [];
  #latencies = new Float64Array(1_024);
  #taken = 0;
  #complete = 0;
  #wake: (() => void) | undefined;
  readonly failed: Promise<never>;
  readonly fail: (error: Error) => void;

  constructor(watchers: number) {
    this.#events = new Uint32Array(watchers);
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.fail = reject;
    // Whoever waits is told; one that comes when nobody waits is told to the next.
    promise.catch(() => {});
  }

  get latenciesMs(): Float64Array {
    return this.#latencies.subarray(0, this.#taken);
  }

  expect(): void {
    this.#sentMs.push(performance.now());
    this.#reached.push(0);
  }

  take(watcher: number, count: number): void {
    const nowMs = performance.now();
    for (let i = 0; i < count; i++) {
      const change = this.#events[watcher] ?? 0;
      const sentMs = this.#sentMs[change];
      if (sentMs === undefined) {
        this.fail(new Error(`watcher ${watcher} was sent a change that nobody made`));
        return;
      }
      this.#events[watcher] = change + 1;
      this.#add(nowMs - sentMs);
      const reached = (this.#reached[change] ?? 0) + 1;
      this.#reached[change] = reached;
      if (reached === this.#events.length) {
        this.#complete++;
        this.#wake?.();
      }
    }
  }

  /** Until the slowest watcher is at most so many changes behind. */
  async behind(changes: number): Promise<void> {
    const timeout = setTimeout(
      () => this.fail(new Error(`${this.#sentMs.length - this.#complete} changes did not arrive`)),
      DELIVERY_TIMEOUT_MS,
    );
    try {
      while (this.#sentMs.length - this.#complete > changes) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        await Promise.race([woken, this.failed]);
      }
    } finally {
      clearTimeout(timeout);
    }
  }

  #add(latencyMs: number): void {
    if (this.#taken === this.#latencies.length) {
      const larger = new Float64Array(2 * this.#taken);
      larger.set(this.#latencies);
      this.#latencies = larger;
    }
    this.#latencies[this.#taken++] = latencyMs;
  }
}
