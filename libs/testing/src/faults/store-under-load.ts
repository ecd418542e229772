import { sleep, systemClock } from "@kubets/service";
import type { FaultPointName } from "@kubets/storage-postgres";
import { checkHistory, type Verdict } from "../checks/check-history.ts";
import { DatabaseLog } from "../history/database-log.ts";
import { HistoryRecorder } from "../history/history-recorder.ts";
import type { FaultAction, StoreProcessOptions } from "../processes/store-protocol.ts";
import { SeededRandom } from "../seeded-random.ts";
import { LoadClient } from "./load-client.ts";
import { ReplicaSlots } from "./replica-slots.ts";
import { WatchFollower } from "./watch-follower.ts";

export interface StoreLoadOptions extends StoreProcessOptions {
  /** Past any proxy: for the log as the database has it. Default: `url`. */
  readonly directUrl?: string;
  readonly replicas?: number;
  readonly clients?: number;
  readonly followers?: number;
  readonly seed: number;
}

/** Several store processes over one database under load, and everything that their clients saw. */
export class StoreUnderLoad {
  readonly slots: ReplicaSlots;
  readonly recorder = new HistoryRecorder(systemClock);
  readonly log: DatabaseLog;
  readonly random: SeededRandom;
  readonly followers: readonly WatchFollower[];
  readonly #stopClients = new AbortController();
  readonly #stopFollowers = new AbortController();
  readonly #clients: Promise<unknown>;
  readonly #following: Promise<unknown>;
  #successes = 0;
  readonly #waiting = new Set<() => void>();

  constructor(options: StoreLoadOptions) {
    const { seed, replicas = 2, clients = 8, followers = 4 } = options;
    const { recorder } = this;
    this.random = new SeededRandom(seed);
    this.log = new DatabaseLog(options.directUrl ?? options.url);
    this.slots = new ReplicaSlots(options, replicas);
    const { slots } = this;
    const onSuccess = () => {
      this.#successes += 1;
      for (const wake of [...this.#waiting]) wake();
    };
    const load = {
      slots,
      recorder,
      signal: this.#stopClients.signal,
      sharedKeys: 12,
      onSuccess,
    };
    const { signal } = this.#stopFollowers;
    this.followers = Array.from({ length: followers }, (_, i) => {
      const random = this.random.fork();
      return new WatchFollower({ slots, recorder, name: `watch-${i}`, random, signal });
    });
    this.#following = Promise.all(this.followers.map((follower) => follower.run()));
    this.#clients = Promise.all(
      Array.from({ length: clients }, (_, i) =>
        new LoadClient(load, `c${i}`, this.random.fork()).run(),
      ),
    );
  }

  get successes(): number {
    return this.#successes;
  }

  /** Resolves after so many more operations. */
  more(count: number): Promise<void> {
    const target = this.#successes + count;
    return new Promise((resolve) => {
      const wake = () => {
        if (this.#successes < target) return;
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  /** Breaks one replica at a point and waits until it serves again; gives the milliseconds that took. */
  async breakAt(slot: number, point: FaultPointName, action: FaultAction): Promise<number> {
    const victim = await this.slots.at(slot);
    const hit =
      action === "kill"
        ? victim.gone
        : new Promise<void>((resolve) => {
            victim.onFault(() => resolve());
          });
    const isCompaction = point.startsWith("compact.");
    await victim.request({
      do: "arm",
      point,
      action,
      after: isCompaction ? 0 : this.random.below(6),
    });
    if (isCompaction) {
      await this.log.harvest();
      // It may end with the process, or with its connection.
      victim.request({ do: "compact", revision: this.log.last }).catch(() => {});
    }
    await hit;
    const brokenMs = performance.now();
    const again = await this.slots.at(slot);
    for (;;) {
      try {
        await again.request({ do: "revision" });
        return performance.now() - brokenMs;
      } catch (error) {
        if (again.isGone) throw error;
      }
    }
  }

  /** Resolves when a write that begins from now on was acknowledged. */
  async committed(): Promise<void> {
    const { operations } = this.recorder;
    const fromMs = this.recorder.nowMs();
    const isDone = () => {
      const last = operations.at(-1);
      return last?.kind === "write" && last.startMs > fromMs && last.outcome.status === "committed";
    };
    while (!isDone()) await this.more(1);
  }

  /** Resolves when the watches have shown so many bookmarks. */
  async bookmarks(count: number): Promise<void> {
    const seen = () =>
      this.recorder.watches.reduce(
        (sum, { events }) => sum + events.filter(({ type }) => type === "BOOKMARK").length,
        0,
      );
    while (seen() < count) await this.more(50);
  }

  /**
   * Ends the load, waits until every watch has shown everything (a broken build's never may), and checks what
   * was seen.
   */
  async finish(patienceMs = 20_000): Promise<Verdict> {
    this.#stopClients.abort();
    await this.#clients;
    await this.log.harvest();
    const isOver = sleep(systemClock, patienceMs);
    const areShown = this.followers.map((follower) => follower.reached(this.log.last));
    await Promise.race([isOver, Promise.all(areShown)]);
    this.#stopFollowers.abort();
    await this.#following;
    return checkHistory(this.recorder.history(this.log.records, 0n));
  }

  async close(): Promise<void> {
    this.#stopClients.abort();
    this.#stopFollowers.abort();
    await this.slots.close();
  }
}
