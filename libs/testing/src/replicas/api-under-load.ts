import { systemClock } from "@kubets/service";
import { checkHistory, type Verdict } from "../checks/check-history.ts";
import { DatabaseLog } from "../history/database-log.ts";
import type { History } from "../history/history.ts";
import { HistoryRecorder } from "../history/history-recorder.ts";
import { withDeletions } from "../history/with-deletions.ts";
import { SeededRandom } from "../seeded-random.ts";
import { ApiLoadClient } from "./api-load-client.ts";
import { ApiWatch } from "./api-watch.ts";
import * as maps from "./config-maps.ts";
import type { ReplicatedApi } from "./replicated-api.ts";

/** Clients and watches over several apiservers, and everything they saw. */
export class ApiUnderLoad {
  readonly api: ReplicatedApi;
  readonly recorder = new HistoryRecorder(systemClock);
  readonly random: SeededRandom;
  readonly watches: readonly ApiWatch[];
  readonly #log: DatabaseLog;
  readonly #tag: string;
  readonly #stopClients = new AbortController();
  readonly #stopWatches = new AbortController();
  readonly #clients: Promise<unknown>;
  readonly #watching: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  #successes = 0;

  private constructor(
    options: { readonly api: ReplicatedApi; readonly clients: number; readonly seed: number },
    log: DatabaseLog,
  ) {
    this.api = options.api;
    this.random = new SeededRandom(options.seed);
    this.#log = log;
    // Content is never the same in two loads over one database.
    this.#tag = `load-${log.last}`;
    const { api, recorder } = this;
    const onSuccess = () => {
      this.#successes += 1;
      for (const wake of [...this.#waiting]) wake();
    };
    const { signal } = this.#stopWatches;
    this.watches = [undefined, undefined, ...maps.colors].map(
      (color, i) =>
        new ApiWatch({
          api,
          recorder,
          name: `watch-${i}`,
          random: this.random.fork(),
          signal,
          after: log.last,
          ...(color === undefined ? {} : { color }),
        }),
    );
    this.#watching = Promise.all(this.watches.map((watch) => watch.run()));
    const load = { api, recorder, signal: this.#stopClients.signal, sharedKeys: 10, onSuccess };
    this.#clients = Promise.all(
      Array.from({ length: options.clients }, (_, i) =>
        new ApiLoadClient(load, `${this.#tag}-c${i}`, this.random.fork()).run(),
      ),
    );
  }

  static async start(options: {
    readonly api: ReplicatedApi;
    readonly databaseUrl: string;
    readonly clients: number;
    readonly seed: number;
  }): Promise<ApiUnderLoad> {
    const log = new DatabaseLog(options.databaseUrl);
    await log.harvest();
    return new ApiUnderLoad(options, log);
  }

  /** Resolves after so many more answers. */
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

  /** Ends the load, waits until the watches have shown everything, and checks what was seen. */
  async finish(): Promise<Verdict> {
    this.#stopClients.abort();
    await this.#clients;
    // The end of the load, of every colour, so that each watch can be seen to have come so far.
    for (const color of maps.colors) {
      const body = maps.configMap(`${this.#tag}-${color}`, `${this.#tag}:${color}`);
      await this.api.request(0, "POST", maps.pathOf(), body);
    }
    await this.#log.harvest();
    const ends = this.#log.records.filter(({ content }) => content.startsWith(`${this.#tag}:`));
    const endOf = (color?: string) =>
      ends.find(({ content }) => color === undefined || maps.colorOf(content) === color)
        ?.revision ?? 0n;
    await Promise.all(this.watches.map((watch, i) => watch.reached(endOf(maps.colors[i - 2]))));
    this.#stopWatches.abort();
    await this.#watching;
    return checkHistory(this.#history());
  }

  async close(): Promise<void> {
    this.#stopClients.abort();
    this.#stopWatches.abort();
    await Promise.allSettled([this.#clients, this.#watching]);
  }

  #history(): History {
    const history = this.recorder.history(this.#log.records, 0n);
    const operations = withDeletions(history.operations, this.#log.records);
    return { ...history, operations };
  }
}
