import { FakeClock } from "@kubets/service";
import {
  createMemoryStorage,
  keyText,
  type LogEntry,
  MemoryHistory,
  type Storage,
} from "@kubets/storage";
import type { WatchEvent } from "@kubets/watch-cache";
import { type Call, type CallAnswer, SimulatedReplica } from "../model/simulated-replica.ts";
import * as maps from "../replicas/config-maps.ts";
import { laggingStorage } from "./lagging-storage.ts";

export const lagMs = 2_000;
export const replicaNames = ["prompt", "lagging"] as const;
export type ReplicaName = (typeof replicaNames)[number];

export interface Watch {
  readonly code: number;
  readonly events: WatchEvent[];
  isEnded: boolean;
}

/** The core of two apiservers over one store in simulated time; one of them hears of commits two seconds late. */
export class TwoApiservers {
  readonly clock = new FakeClock();
  readonly history = new MemoryHistory();
  readonly store: Storage = createMemoryStorage({ history: this.history });
  readonly #replicas = new Map<ReplicaName, SimulatedReplica>();
  readonly #started: SimulatedReplica[] = [];
  #ids = 0;

  static async start(): Promise<TwoApiservers> {
    const made = new TwoApiservers();
    for (const name of replicaNames) made.#replicas.set(name, await made.startReplica(name));
    return made;
  }

  /** One more; it knows nothing but what is there now. */
  async startReplica(name: ReplicaName): Promise<SimulatedReplica> {
    const inner = createMemoryStorage({ history: this.history });
    const storage = name === "prompt" ? inner : laggingStorage(inner, this.clock, lagMs);
    const { clock } = this;
    const newId = () => `id-${this.#ids++}`;
    const replica = await SimulatedReplica.start({ name, storage, clock, newId });
    this.#started.push(replica);
    return replica;
  }

  async stop(): Promise<void> {
    for (const replica of this.#started) await replica.kill();
  }

  at(name: ReplicaName): SimulatedReplica {
    const replica = this.#replicas.get(name);
    if (replica === undefined) throw new TypeError(`no replica ${name}`);
    return replica;
  }

  /** Lets simulated time go on until the answer is there; gives that time, too. */
  async answer<T>(asked: Promise<T>): Promise<{ readonly answer: T; readonly ms: number }> {
    const startMs = this.clock.monotonicMs();
    let isThere = false;
    const settled = asked.finally(() => {
      isThere = true;
    });
    settled.catch(() => {});
    await this.clock.advance(0);
    while (!isThere) await this.clock.advance(50);
    return { answer: await settled, ms: this.clock.monotonicMs() - startMs };
  }

  async call(name: ReplicaName, call: Call): Promise<CallAnswer> {
    return (await this.answer(this.at(name).call(call))).answer;
  }

  get(
    name: ReplicaName,
    query: Readonly<Record<string, string>>,
    object = "",
  ): Promise<CallAnswer> {
    return this.at(name).call({ method: "GET", path: `${maps.pathOf()}${object}`, query });
  }

  /** Through the prompt replica; gives the revision. */
  async put(object: string, text: string): Promise<bigint> {
    const isNew = this.history.current.get(objectKey(object)) === undefined;
    const body = maps.configMap(object, `${text}:red`);
    const answer = await this.call(
      "prompt",
      isNew
        ? { method: "POST", path: maps.pathOf(), body }
        : { method: "PUT", path: maps.pathOf(object), body },
    );
    return BigInt(answer.object?.metadata.resourceVersion ?? "0");
  }

  async remove(object: string): Promise<bigint> {
    await this.call("prompt", { method: "DELETE", path: maps.pathOf(object) });
    return this.history.revision;
  }

  async watch(replica: SimulatedReplica, query: Readonly<Record<string, string>>): Promise<Watch> {
    const events: WatchEvent[] = [];
    const seen = { code: 0, events, isEnded: false };
    const sink = {
      deliver: (batch: readonly WatchEvent[]) => {
        events.push(...batch);
        return true;
      },
      end: () => {
        seen.isEnded = true;
      },
    };
    const call = { method: "GET", path: maps.pathOf(), query: { watch: "1", ...query } };
    const { answer } = await this.answer(replica.watch(call, sink));
    seen.code = answer;
    await this.clock.advance(0);
    return seen;
  }

  /** What has been committed behind a revision, straight from the store. */
  log(after = 0n): Promise<readonly LogEntry[]> {
    return this.store.readLog(after, 100_000);
  }
}

function objectKey(name: string): string {
  return keyText({ group: "", resource: "configmaps", namespace: "default", name });
}

/** Names and versions of the objects as they were at a revision, by the log alone. */
export function stateAt(log: readonly LogEntry[], revision: bigint): string[] {
  const state = new Map<string, bigint>();
  for (const entry of log) {
    if (entry.revision > revision) break;
    if (entry.type === "delete") state.delete(entry.key.name);
    else state.set(entry.key.name, entry.revision);
  }
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, at]) => `${name}@${at}`);
}

/** The same of an answer. */
export function shownBy({ list }: CallAnswer): string[] {
  return (list?.objects ?? []).map(
    ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`,
  );
}
