import type { WriteOp, WriteOutcome } from "../history/history.ts";
import type { HistoryRecorder } from "../history/history-recorder.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type ApiAnswer, LostAnswerError, NotSentError } from "./api-endpoint.ts";
import * as maps from "./config-maps.ts";
import type { ReplicatedApi } from "./replicated-api.ts";

export interface ApiLoad {
  readonly api: ReplicatedApi;
  readonly recorder: HistoryRecorder;
  readonly signal: AbortSignal;
  readonly sharedKeys: number;
  readonly onSuccess: () => void;
}

/** One client of the API: creates, updates, patches, deletes, gets and lists ConfigMaps through any replica. */
export class ApiLoadClient {
  readonly #load: ApiLoad;
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #seen = new Map<string, bigint>();
  #writes = 0;

  constructor(load: ApiLoad, name: string, random: SeededRandom) {
    this.#load = load;
    this.#name = name;
    this.#random = random;
  }

  async run(): Promise<void> {
    while (!this.#load.signal.aborted) {
      const name = this.#random.chance(0.5)
        ? `shared-${this.#random.below(this.#load.sharedKeys)}`
        : `${this.#name}-${this.#random.below(5)}`;
      const replica = this.#random.below(this.#load.api.replicas.length);
      const choice = this.#random.next();
      if (choice < 0.6) await this.#write(replica, name);
      else if (choice < 0.95) await this.#get(replica, name);
      else await this.#list(replica);
    }
  }

  async #write(replica: number, name: string): Promise<void> {
    const { api, recorder } = this.#load;
    const seen = this.#seen.get(name);
    const isPatch = seen !== undefined && this.#random.chance(0.3);
    const op: WriteOp =
      seen === undefined ? "create" : !isPatch && this.#random.chance(0.2) ? "delete" : "update";
    const color = this.#random.pick(maps.colors);
    const content = op === "delete" ? "" : `${this.#name}.${this.#writes++}:${color}`;
    const expected = seen === undefined || isPatch ? {} : { expected: seen };
    const about = { client: this.#name, replica: api.at(replica).name, op, content, ...expected };
    const outcome = await recorder.write({ ...about, key: `${maps.scope}${name}` }, () =>
      this.#outcome(op, () => {
        if (isPatch) {
          const type = "application/merge-patch+json";
          return api.request(replica, "PATCH", maps.pathOf(name), maps.mergePatch(content), type);
        }
        if (op === "create") {
          return api.request(replica, "POST", maps.pathOf(), maps.configMap(name, content));
        }
        if (op === "update") {
          const body = maps.configMap(name, content, seen);
          return api.request(replica, "PUT", maps.pathOf(name), body);
        }
        const preconditions = { resourceVersion: String(seen) };
        return api.request(replica, "DELETE", maps.pathOf(name), {
          apiVersion: "v1",
          kind: "DeleteOptions",
          preconditions,
        });
      }),
    );
    if (outcome.status === "committed" && op !== "delete") this.#seen.set(name, outcome.revision);
    else this.#seen.delete(name);
    if (outcome.status === "committed" || outcome.status === "refused") this.#load.onSuccess();
  }

  async #outcome(op: WriteOp, send: () => Promise<ApiAnswer>): Promise<WriteOutcome> {
    try {
      const { status, body } = await send();
      if (status === 200 || status === 201) {
        // A deletion's answer tells no revision; the log has it.
        if (op === "delete") return { status: "committed", revision: 0n };
        const object: maps.ConfigMap = JSON.parse(body);
        return { status: "committed", revision: maps.revisionOf(object) };
      }
      if (status === 404) return { status: "refused", current: "absent" };
      if (status === 409) return { status: "refused", current: "untold" };
      if (status === 503) return { status: "failed" };
      if (status === 500 || status === 504) return { status: "unknown" };
      throw new Error(`${op}: ${status} ${body}`);
    } catch (error) {
      if (error instanceof LostAnswerError) return { status: "unknown" };
      if (error instanceof NotSentError) return { status: "failed" };
      throw error;
    }
  }

  async #get(replica: number, name: string): Promise<void> {
    const { api, recorder } = this.#load;
    const startMs = recorder.nowMs();
    const answer = await this.#read(replica, maps.pathOf(name));
    if (answer === undefined) return;
    const endMs = recorder.nowMs();
    const read = { kind: "get", client: this.#name, replica: api.at(replica).name } as const;
    const key = `${maps.scope}${name}`;
    if (answer.status === 404) {
      this.#seen.delete(name);
      recorder.read({ ...read, key, startMs, endMs });
      return;
    }
    const object: maps.ConfigMap = JSON.parse(answer.body);
    const found = { revision: maps.revisionOf(object), content: maps.contentOf(object) };
    this.#seen.set(name, found.revision);
    recorder.read({ ...read, key, startMs, endMs, found });
  }

  async #list(replica: number): Promise<void> {
    const { api, recorder } = this.#load;
    const startMs = recorder.nowMs();
    const items = new Map<string, bigint>();
    const limit = this.#random.chance(0.5) ? { limit: "7" } : {};
    let revision: bigint | undefined;
    let next: string | undefined;
    let page = replica;
    do {
      const query = { ...limit, ...(next === undefined ? {} : { continue: next }) };
      // Every page from another replica: they must show one snapshot all the same.
      const answer = await this.#read(page++, maps.pathOf(undefined, query));
      if (answer === undefined || answer.status === 410) return;
      const list: maps.ConfigMapList = JSON.parse(answer.body);
      revision ??= maps.revisionOf(list);
      if (maps.revisionOf(list) !== revision) throw new Error("a page of another snapshot");
      for (const object of list.items) items.set(maps.keyOf(object), maps.revisionOf(object));
      next = list.metadata.continue;
    } while (next !== undefined && next !== "");
    const read = { client: this.#name, replica: api.at(replica).name, scope: maps.scope };
    recorder.read({ kind: "list", ...read, startMs, endMs: recorder.nowMs(), revision, items });
  }

  /** Undefined when it was not answered in the end; the counts have it. */
  async #read(replica: number, path: string): Promise<ApiAnswer | undefined> {
    try {
      const answer = await this.#load.api.request(replica, "GET", path);
      if (answer.status >= 500) return undefined;
      this.#load.onSuccess();
      return answer;
    } catch (error) {
      if (error instanceof NotSentError) return undefined;
      throw error;
    }
  }
}
