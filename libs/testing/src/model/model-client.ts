import { type Clock, sleep } from "@kubets/service";
import type { WriteOp, WriteOutcome } from "../history/history.ts";
import type { HistoryRecorder } from "../history/history-recorder.ts";
import * as maps from "../replicas/config-maps.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Call, CallAnswer, SimulatedReplica } from "./simulated-replica.ts";

export interface ModelWorld {
  readonly clock: Clock;
  readonly recorder: HistoryRecorder;
  /** Any replica that serves now. */
  replica(random: SeededRandom): SimulatedReplica;
  /** What answers were unlike anything the API may say. */
  readonly surprises: string[];
}

const base = "/api/v1/namespaces/default/configmaps";
const names = ["a", "b", "c", "d", "e", "f"] as const;

/** A client that takes random steps. */
export class ModelClient {
  readonly #world: ModelWorld;
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #seen = new Map<string, bigint>();
  readonly #known: bigint[] = [];
  #writes = 0;

  constructor(world: ModelWorld, name: string, random: SeededRandom) {
    this.#world = world;
    this.#name = name;
    this.#random = random;
  }

  async run(steps: number): Promise<void> {
    const random = this.#random;
    for (let step = 0; step < steps; step++) {
      await sleep(this.#world.clock, random.below(25));
      const replica = this.#world.replica(random);
      const name = random.pick(names);
      const choice = random.next();
      if (choice < 0.6) await this.#write(replica, name);
      else if (choice < 0.8) await this.#get(replica, name);
      else if (choice < 0.92) await this.#list(replica, undefined);
      else if (this.#known.length > 0) await this.#list(replica, random.pick(this.#known));
      else await this.#future(replica);
    }
  }

  async #write(replica: SimulatedReplica, name: string): Promise<void> {
    const random = this.#random;
    const seen = this.#seen.get(name);
    // Now and then without having looked.
    const isBlind = random.chance(0.1);
    const isPatch = seen !== undefined && random.chance(0.3);
    const op: WriteOp =
      seen === undefined || isBlind
        ? "create"
        : !isPatch && random.chance(0.25)
          ? "delete"
          : "update";
    const content =
      op === "delete" ? "" : `${this.#name}.${this.#writes++}:${random.pick(maps.colors)}`;
    const precondition = op === "create" || isPatch || seen === undefined ? undefined : seen;
    const call = this.#callOf(op, name, { content, seen, isPatch });
    const outcome = await this.#world.recorder.write(
      {
        client: this.#name,
        replica: replica.name,
        op,
        key: `${maps.scope}${name}`,
        content,
        ...(precondition === undefined ? {} : { expected: precondition }),
      },
      async () => this.#outcomeOf(op, await replica.call(call)),
    );
    if (outcome.status === "committed" && op !== "delete") this.#seen.set(name, outcome.revision);
    else if (outcome.status !== "failed") this.#seen.delete(name);
  }

  #callOf(
    op: WriteOp,
    name: string,
    of: {
      readonly content: string;
      readonly seen: bigint | undefined;
      readonly isPatch: boolean;
    },
  ): Call {
    if (op === "create") {
      return { method: "POST", path: base, body: maps.configMap(name, of.content) };
    }
    const path = `${base}/${name}`;
    if (op === "delete") {
      const preconditions = { resourceVersion: String(of.seen) };
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
      return { method: "DELETE", path, body };
    }
    if (of.isPatch) {
      const contentType = "application/merge-patch+json";
      return { method: "PATCH", path, body: maps.mergePatch(of.content), contentType };
    }
    return { method: "PUT", path, body: maps.configMap(name, of.content, of.seen) };
  }

  #outcomeOf(op: WriteOp, { code, object }: CallAnswer): WriteOutcome {
    switch (code) {
      case 200:
      case 201:
        // The answer to a deletion tells no revision.
        if (op === "delete") return { status: "committed", revision: 0n };
        return {
          status: "committed",
          revision: BigInt(object?.metadata.resourceVersion ?? "0"),
        };
      case 404:
        return { status: "refused", current: "absent" };
      case 409:
        return { status: "refused", current: "untold" };
      case 503:
        return { status: "failed" };
      case 500:
      case 504:
        return { status: "unknown" };
      default:
        this.#world.surprises.push(`${op} was answered ${code}`);
        return { status: "unknown" };
    }
  }

  async #get(replica: SimulatedReplica, name: string): Promise<void> {
    const { recorder } = this.#world;
    const startMs = recorder.nowMs();
    const { code, object } = await replica.call({ method: "GET", path: `${base}/${name}` });
    const key = `${maps.scope}${name}`;
    const about = { client: this.#name, replica: replica.name, key, startMs } as const;
    if (code === 404) {
      this.#seen.delete(name);
      recorder.read({ kind: "get", ...about, endMs: recorder.nowMs() });
    } else if (code === 200 && object !== undefined) {
      const revision = BigInt(object.metadata.resourceVersion ?? "0");
      const content = object.metadata.annotations?.["testing/content"] ?? "";
      this.#seen.set(name, revision);
      this.#known.push(revision);
      recorder.read({
        kind: "get",
        ...about,
        endMs: recorder.nowMs(),
        found: { revision, content },
      });
    } else if (code < 500) this.#world.surprises.push(`a get was answered ${code}`);
  }

  /** In pages of any replica, of the most recent state or of one exact revision. */
  async #list(first: SimulatedReplica, exact: bigint | undefined): Promise<void> {
    const { recorder } = this.#world;
    const startMs = recorder.nowMs();
    const limit = this.#random.chance(0.6) ? { limit: "2" } : {};
    const at =
      exact === undefined ? {} : { resourceVersion: String(exact), resourceVersionMatch: "Exact" };
    const items = new Map<string, bigint>();
    let revision: bigint | undefined;
    let replica = first;
    for (let next = ""; ; ) {
      const query = next === "" ? { ...limit, ...at } : { ...limit, continue: next };
      const { code, list } = await replica.call({ method: "GET", path: base, query });
      if (list === undefined) {
        // Too old by now, or the store is away.
        if (code !== 410 && code < 500) this.#world.surprises.push(`a list was answered ${code}`);
        return;
      }
      revision ??= BigInt(list.revision);
      if (BigInt(list.revision) !== revision) {
        this.#world.surprises.push(`a page of ${list.revision} in a list of ${revision}`);
      }
      for (const { metadata } of list.objects) {
        items.set(`${maps.scope}${metadata.name}`, BigInt(metadata.resourceVersion ?? "0"));
      }
      next = list.next;
      if (next === "") break;
      replica = this.#world.replica(this.#random);
    }
    if (exact !== undefined && revision !== exact) {
      this.#world.surprises.push(`a list of exactly ${exact} was of ${revision}`);
    }
    if (revision > 0n) this.#known.push(revision);
    recorder.read({
      kind: "list",
      client: this.#name,
      replica: first.name,
      scope: maps.scope,
      startMs,
      endMs: recorder.nowMs(),
      revision,
      items,
      isExact: exact !== undefined,
    });
  }

  /** A version that does not exist yet is refused within seconds, and says so. */
  async #future(replica: SimulatedReplica): Promise<void> {
    const { recorder, surprises } = this.#world;
    const startMs = recorder.nowMs();
    const query = { resourceVersion: "1000000000" };
    const { code } = await replica.call({ method: "GET", path: base, query });
    if (code !== 504 && code !== 503) surprises.push(`a list of the future was answered ${code}`);
    const tookMs = recorder.nowMs() - startMs;
    if (tookMs > 3_500) surprises.push(`a list of the future took ${tookMs} ms`);
  }
}
