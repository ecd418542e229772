import { sleep } from "@kubets/service";
import type { WatchEvent, WatchSink } from "@kubets/watch-cache";
import type { WatchedEvent } from "../history/history.ts";
import { contentOf } from "../processes/object-content.ts";
import * as maps from "../replicas/config-maps.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { ModelWorld } from "./model-client.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

const base = "/api/v1/namespaces/default/configmaps";
const watchMaxMs = [100, 400, 4_000] as const;

/** A watcher that is cut off again and again and goes on elsewhere, or begins anew where its history is gone. */
export class ModelWatch {
  readonly #world: ModelWorld;
  readonly #name: string;
  readonly #color: maps.Color | undefined;
  readonly #random: SeededRandom;
  #last = 0n;
  #isStopped = false;

  constructor(
    world: ModelWorld,
    name: string,
    color: maps.Color | undefined,
    random: SeededRandom,
  ) {
    this.#world = world;
    this.#name = name;
    this.#color = color;
    this.#random = random;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      // Sometimes from a little before, as one who saw less.
      const step = this.#random.chance(0.2) ? BigInt(this.#random.below(20)) : 0n;
      const from = this.#last > step ? this.#last - step : 0n;
      const isAnew = from === 0n || this.#random.chance(0.15);
      await (isAnew ? this.#begin() : this.#follow(from));
      await sleep(this.#world.clock, this.#random.below(30));
    }
  }

  /** WatchList: the present state up to a bookmark that says so, then what follows. */
  async #begin(): Promise<void> {
    const { recorder } = this.#world;
    const replica = this.#world.replica(this.#random);
    const startMs = recorder.nowMs();
    const initial = new Map<string, bigint>();
    let record: ReturnType<typeof recorder.watch> | undefined;
    const query = {
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: "true",
    };
    await this.#open(replica, query, (event) => {
      if (record !== undefined) {
        this.#record(record, event);
        return;
      }
      if (event.entry !== undefined) {
        initial.set(`${maps.scope}${event.entry.key.name}`, event.entry.revision);
      }
      if (event.type !== "BOOKMARK" || event.initialEventsEnd !== true) return;
      const { revision } = event;
      this.#last = revision;
      // A selection is no whole state: only what follows is checked of it.
      if (this.#color === undefined) {
        recorder.read({
          kind: "list",
          client: this.#name,
          replica: replica.name,
          scope: maps.scope,
          startMs,
          endMs: recorder.nowMs(),
          revision,
          items: initial,
        });
      }
      record = this.#watchRecord(replica.name, revision);
    });
  }

  async #follow(after: bigint): Promise<void> {
    const replica = this.#world.replica(this.#random);
    const record = this.#watchRecord(replica.name, after);
    const query = { resourceVersion: String(after), allowWatchBookmarks: "true" };
    const code = await this.#open(replica, query, (event) => this.#record(record, event));
    if (code === 410) this.#last = 0n;
    else if (code !== 200 && code < 500) {
      this.#world.surprises.push(`a watch was answered ${code}`);
    }
  }

  #watchRecord(replica: string, after: bigint) {
    const color = this.#color;
    return this.#world.recorder.watch({
      name: `${this.#name} on ${replica} from ${after}`,
      scope: maps.scope,
      after,
      ...(color === undefined ? {} : { selects: (text) => maps.colorOf(text) === color }),
    });
  }

  #record(take: (event: WatchedEvent) => void, event: WatchEvent): void {
    const { type, revision, entry } = event;
    if (type === "BOOKMARK") take({ type, revision });
    else if (type !== "ERROR" && entry !== undefined) {
      const key = `${maps.scope}${entry.key.name}`;
      take({ type, revision, key, content: contentOf(entry.object) });
    } else return;
    if (revision > this.#last) this.#last = revision;
  }

  /** Until it ends, or is cut off. */
  async #open(
    replica: SimulatedReplica,
    query: Readonly<Record<string, string>>,
    onEvent: (event: WatchEvent) => void,
  ): Promise<number> {
    const { clock } = this.#world;
    const ended = Promise.withResolvers<void>();
    let code = 200;
    let isCut = false;
    const sink: WatchSink = {
      deliver: (events) => {
        if (isCut) return true;
        for (const event of events) {
          if (event.type === "ERROR") code = Number(Reflect.get(event.error ?? {}, "code") ?? 500);
          else onEvent(event);
        }
        return true;
      },
      end: () => ended.resolve(),
    };
    const selector = this.#color === undefined ? {} : { labelSelector: `color=${this.#color}` };
    const opened = await replica.watch(
      { method: "GET", path: base, query: { watch: "1", ...query, ...selector } },
      sink,
    );
    if (opened !== 200) return opened;
    await Promise.race([
      ended.promise,
      sleep(clock, this.#random.below(this.#random.pick(watchMaxMs))),
    ]);
    isCut = true;
    return code;
  }
}
