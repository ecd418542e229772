import { sleep, systemClock } from "@kubets/service";
import type { HistoryRecorder } from "../history/history-recorder.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { NotSentError } from "./api-endpoint.ts";
import * as maps from "./config-maps.ts";
import type { ReplicatedApi } from "./replicated-api.ts";

/** A client's watch that goes on for ever: one that ends is continued on another replica from the last version. */
export class ApiWatch {
  readonly #api: ReplicatedApi;
  readonly #recorder: HistoryRecorder;
  readonly #name: string;
  readonly #color: maps.Color | undefined;
  readonly #random: SeededRandom;
  readonly #signal: AbortSignal;
  last: bigint;
  /** How often it went on where another ended. */
  resumed = 0;
  /** How often its history was gone, so that it had to list anew. */
  relisted = 0;
  #wake: () => void = () => {};

  constructor(options: {
    readonly api: ReplicatedApi;
    readonly recorder: HistoryRecorder;
    readonly name: string;
    /** Only objects of this colour. */
    readonly color?: maps.Color;
    readonly random: SeededRandom;
    readonly signal: AbortSignal;
    readonly after: bigint;
  }) {
    this.#api = options.api;
    this.#recorder = options.recorder;
    this.#name = options.name;
    this.#color = options.color;
    this.#random = options.random;
    this.#signal = options.signal;
    this.last = options.after;
  }

  async run(): Promise<void> {
    for (let turn = this.#random.below(8); !this.#signal.aborted; turn++) {
      try {
        const code = await this.#follow(turn);
        if (code === 410) await this.#relist(turn);
        this.resumed += 1;
      } catch (error) {
        if (!(error instanceof NotSentError)) throw error;
        await sleep(systemClock, 20);
      }
    }
  }

  /** Resolves when an event or bookmark at or behind a revision was shown. */
  async reached(revision: bigint): Promise<void> {
    while (this.last < revision) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #follow(turn: number): Promise<number> {
    const replica = this.#api.at(turn);
    const color = this.#color;
    let record: ReturnType<HistoryRecorder["watch"]> | undefined;
    const after = this.last;
    let code = 0;
    const path = maps.pathOf(undefined, {
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: String(after),
      ...(color === undefined ? {} : { labelSelector: `color=${color}` }),
    });
    const status = await replica.endpoint.stream(
      path,
      (line) => {
        const event = maps.parseWatchLine(line);
        if (typeof event === "number") {
          code = event;
          return;
        }
        record ??= this.#recorder.watch({
          name: `${this.#name} on ${replica.name} from ${after}`,
          scope: maps.scope,
          after,
          ...(color === undefined ? {} : { selects: (text) => maps.colorOf(text) === color }),
        });
        record(event);
        if (event.revision > this.last) this.last = event.revision;
        this.#wake();
      },
      this.#signal,
    );
    // A server that is about to stop says so, and another one is asked.
    if (status === 429 || status === 503) await sleep(systemClock, 50);
    return code === 0 ? status : code;
  }

  async #relist(turn: number): Promise<void> {
    this.relisted += 1;
    const answer = await this.#api.request(turn, "GET", maps.pathOf(undefined, { limit: "1" }));
    const list: maps.ConfigMapList = JSON.parse(answer.body);
    this.last = maps.revisionOf(list);
  }
}
